/**
 * What has to be undone, on file, so that `gateway down` and the next start can do it after a SIGKILL. It is written before the
 * first change. One file per network namespace and boot: a file of another boot says nothing about this machine any more.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrustChoice } from '../../config/commands.ts';
import type { PortMapping } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { networkNamespaceId, networkNamespaces } from '../../linux/network/network-namespace.ts';
import { processStartTime } from '../../linux/process/process-start-time.ts';
import { systemErrorText } from '../../text/system-error.ts';
import type { GatewayRules } from '../rules/rules.ts';
import type { RememberedParameter } from './kernel-parameters.ts';

export const STATE_FOLDER = '/run/overcoat';

/** `run`: a process holds the interception; `up`: it stays until `gateway down`. */
export type InstalledBy = 'run' | 'up';

export interface GatewayState {
  readonly version: 1;
  readonly boot: string;
  /** The inode of the network namespace, which tells whether it is still there; of an older version: undefined. */
  readonly namespace?: number | undefined;
  readonly installedBy: InstalledBy;
  /** All of it is being undone: what is missing is missing on purpose. */
  readonly ending?: boolean;
  /** The process that installed it, with its start time, since pids are used again. */
  readonly pid: number;
  readonly startTime: string;
  readonly rules: GatewayRules;
  readonly portMap: readonly PortMapping[];
  /** The tables of `gateway up`, as text for nft; of a gateway that runs, and of an older version: undefined. */
  readonly tables?: string | undefined;
  /** As the command line had it, before services of configuration files added ports. */
  readonly asked: {
    readonly rules: GatewayRules;
    readonly portMap: readonly PortMapping[];
    readonly trust: Pick<TrustChoice, 'ca' | 'pins'>;
  };
  /** Kernel parameters as they were before the first start that was not undone. */
  readonly parameters: readonly RememberedParameter[];
  readonly policyRoute: boolean;
  /** Folders of the exempt control group that were made for it, outermost first. */
  readonly cgroupFolders: readonly string[];
}

/** @throws OvercoatError `gateway_rules` where it cannot be written: a full disk; what was on file is still there then */
export function writeState(state: GatewayState): void {
  const path = statePath();
  try {
    mkdirSync(STATE_FOLDER, { recursive: true, mode: 0o755 });
    removeDead();
    writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o644 });
    renameSync(`${path}.new`, path);
  } catch (cause) {
    rmSync(`${path}.new`, { force: true });
    const text = `What has to be undone later cannot be put on file: ${path}: ${systemErrorText(cause)}; make room there, or let root write`;
    throw new OvercoatError('gateway_rules', text, cause);
  }
}

/** undefined when there is nothing to undo: no file, one of another boot, or one that is damaged. */
export function readState(): GatewayState | undefined {
  return liveStateIn(statePath());
}

/** Processes that run a gateway in other network namespaces of this machine, as far as this user may see. */
export function gatewaysElsewhere(): readonly number[] {
  const own = statePath();
  const states = fileNames().flatMap((name) => {
    const path = join(STATE_FOLDER, name);
    return path === own ? [] : (liveStateIn(path) ?? []);
  });
  return states.filter((state) => state.installedBy === 'run' && isAlive(state)).map(({ pid }) => pid);
}

/** undefined: it is damaged, of another format or of another boot. */
function liveStateIn(path: string): GatewayState | undefined {
  const state = stateIn(path);
  return state?.version === 1 && state.boot === bootId() ? state : undefined;
}

export function removeState(): void {
  rmSync(statePath(), { force: true });
}

/** Files of other namespaces that say nothing any more: of another boot, or of a namespace that is gone with all there was to undo. */
function removeDead(): void {
  let living: ReadonlySet<number> | undefined;
  for (const name of fileNames()) {
    const path = join(STATE_FOLDER, name);
    const state = stateIn(path);
    if (state === undefined || path === statePath()) continue;
    living ??= networkNamespaces();
    const isGone = state.namespace !== undefined && !living.has(state.namespace) && !isAlive(state);
    if (state.boot !== bootId() || isGone) rmSync(path, { force: true });
  }
}

function fileNames(): readonly string[] {
  try {
    return readdirSync(STATE_FOLDER).filter((name) => name.startsWith('gateway-') && name.endsWith('.json'));
  } catch {
    return []; // the folder comes with the first gateway
  }
}

function stateIn(path: string): GatewayState | undefined {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as GatewayState;
    const { portMap } = found;
    const rules = completed(found.rules);
    const asked = found.asked ?? { rules, portMap, trust: { ca: undefined, pins: [] } }; // one of an Overcoat before `asked`
    return { ...found, rules, asked: { ...asked, rules: completed(asked.rules) } };
  } catch {
    return undefined;
  }
}

/** Rules on file from an Overcoat that did not know `forward` yet, which forwarded everything, or devices by their number. */
function completed(rules: Omit<GatewayRules, 'forward' | 'links'> & Partial<Pick<GatewayRules, 'forward' | 'links'>>): GatewayRules {
  return { forward: 'all', links: [], ...rules };
}

/** Whether the process that wrote the state still runs. */
export function isAlive(state: Pick<GatewayState, 'pid' | 'startTime'>): boolean {
  return processStartTime(state.pid) === state.startTime;
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

function statePath(): string {
  return join(STATE_FOLDER, `gateway-${networkNamespaceId()}.json`);
}
