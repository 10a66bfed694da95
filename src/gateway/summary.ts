/** What a gateway says of itself: when it starts, what to mind, and what it was told. Pure text. */

import type { PortMapping } from '../config/config.ts';
import type { GatewayChoice } from './plan.ts';
import { rangeText, untakenTargets, untakenText } from './rules/ports.ts';
import type { GatewayRules } from './rules/rules.ts';

interface Plan {
  readonly rules: GatewayRules;
  readonly portMap: readonly PortMapping[];
}

/** What works and is probably not meant. */
export function startWarnings({ rules, portMap }: Plan): readonly string[] {
  const untaken = untakenTargets(portMap, rules.ports).map(untakenText);
  return rules.forward === 'intercepted' && rules.dns === undefined ? [...untaken, WITHOUT_DNS] : untaken;
}

const WITHOUT_DNS =
  '--forward intercepted without --dns: hosts get answers only from a name server on this machine; those elsewhere are refused';

/** Devices, ports and where they lead: what is taken. @param addressesOf of a device, without zones */
export function takenText({ rules, portMap }: Plan, addressesOf: (device: string) => readonly string[]): string {
  const { devices, ports, mode, listenPort, local } = rules;
  const networks = devices.map((device) => {
    const addresses = addressesOf(device);
    return addresses.length === 0 ? device : `${device} (${addresses.join(', ')})`;
  });
  const from = [...networks, ...(local === undefined ? [] : ['this machine itself'])].join(' and ');
  const mapped = portMap.map((mapping) => `${mapping.from} leaves for ${mapping.to}`);
  const map = mapped.length === 0 ? '' : ` (${mapped.join(', ')})`;
  return `Takes port ${ports.map((range) => rangeText(range)).join(', ')}${map} from ${from}, by ${mode} to port ${listenPort}`;
}

/** What becomes of the rest of what hosts send. */
export function forwardedText({ rules }: Plan): string {
  const names = rules.dns === undefined ? '' : '; their DNS questions are answered here';
  if (rules.forward === 'intercepted')
    return `Nothing else of them is forwarded but ICMP and what is established (--forward intercepted)${names}`;
  return `Everything else of them is forwarded as it is, and counted: overcoat gateway status${names}`;
}

/** What happens when it ends, in the ways it can. */
export function endText({ rules }: Plan, installedBy: 'run' | 'up'): string {
  const refused = rules.forward === 'intercepted' ? 'everything but ICMP is refused' : 'its ports are refused';
  if (installedBy === 'up') {
    const away = rules.failClosed ? refused : 'its connections are refused as well, since the rules stay';
    return `Stays until \`overcoat gateway down\` or a reboot; while nothing listens on port ${rules.listenPort}, ${away}`;
  }
  const killed = rules.failClosed ? `${refused} until it runs again or \`overcoat gateway down\`` : 'its ports are FORWARDED IN CLEAR';
  return `Its end (TERM, ^C) undoes everything; if it is killed, ${killed}`;
}

/** The lines of a start, in order. */
export function startSummary(
  plan: Plan,
  choice: Pick<GatewayChoice, 'nameMap' | 'nameMissing' | 'ca' | 'pins'>,
  addressesOf: (device: string) => readonly string[],
): readonly string[] {
  return [takenText(plan, addressesOf), forwardedText(plan), namesText(plan, choice), trustText(choice), endText(plan, 'run')];
}

function namesText({ rules }: Plan, { nameMap, nameMissing = 'refuse' }: Pick<GatewayChoice, 'nameMap' | 'nameMissing'>): string {
  const sources = [
    ...(nameMap === undefined ? [] : [nameMap]),
    'what the application says',
    ...(rules.dns === undefined ? [] : ['the DNS answers given here']),
    'the hosts file',
  ];
  const without = {
    refuse: 'a connection is refused',
    address: 'the address is verified',
    pin: 'the first key seen is trusted',
  }[nameMissing];
  return `Names of servers come from ${sources.join(', ')}, in this order; without one ${without}`;
}

function trustText({ ca, pins }: Pick<GatewayChoice, 'ca' | 'pins'>): string {
  const keys = `${pins.length} pinned key(s)`;
  if (ca === undefined) return `Servers are verified ${pins.length > 0 ? `by ${keys} alone` : "with the system's authorities"}`;
  return `Servers are verified with the authorities of ${ca}${pins.length > 0 ? ` and by ${keys}` : ''}`;
}
