/** What the doctor says about one link of the chain from a host of the LAN to the far end. */
import type { PortMapping } from '../../config/config.ts';
import type { GatewayState } from '../machine/state.ts';
import type { GatewayRules } from '../rules/rules.ts';

/** `fault`: intercepted connections fail. `warning`: they work, or will not under conditions the text names. */
export type Health = 'ok' | 'warning' | 'fault' | 'skipped';

export interface Finding {
  /** The link, in two or three words. */
  readonly link: string;
  readonly health: Health;
  /** What was found, one sentence without the full stop. */
  readonly text: string;
  /** What to do, where there is something to do: a command or a short sentence. */
  readonly fix?: string;
}

/** What is known before the first check. */
export interface Patient {
  /** What is installed or, where nothing is, what the flags ask for. */
  readonly rules: GatewayRules | undefined;
  readonly portMap: readonly PortMapping[];
  readonly state: GatewayState | undefined;
}

/** A check looks and changes nothing (the test connection builds something of its own and takes it away). It does not throw. */
export type Check = (patient: Patient) => Finding[] | Promise<Finding[]>;

export function ok(link: string, text: string): Finding {
  return { link, health: 'ok', text };
}

export function fault(link: string, text: string, fix: string): Finding {
  return { link, health: 'fault', text, fix };
}

export function warning(link: string, text: string, fix: string): Finding {
  return { link, health: 'warning', text, fix };
}

export function skipped(link: string, text: string): Finding {
  return { link, health: 'skipped', text };
}
