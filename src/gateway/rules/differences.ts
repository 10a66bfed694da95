/** What differs between what is installed and what is asked for now, in the words of the command line. Pure. */
import type { PortMapping, PortRange } from '../../config/config.ts';
import { rangeText } from './ports.ts';
import type { Exemption, GatewayRules } from './rules.ts';

interface Asked {
  readonly rules: GatewayRules;
  readonly portMap: readonly PortMapping[];
}

/** `--ports is 443, not 443,1935`, one for each flag; empty where nothing does. */
export function differencesOf(installed: Asked, asked: Asked): readonly string[] {
  return FLAGS.flatMap(([flag, text]) => {
    const [is, wanted] = [text(installed), text(asked)];
    return is === wanted ? [] : [`${flag} is ${is}, not ${wanted}`];
  });
}

const FLAGS: readonly (readonly [flag: string, text: (asked: Asked) => string])[] = [
  ['--from', ({ rules }) => listText(rules.devices.toSorted())],
  ['--ports', ({ rules }) => portsText(rules.ports)],
  ['--map-port', ({ portMap }) => listText(portMap.map(({ from, to }) => `${from}:${to}`).toSorted())],
  ['--mode', ({ rules }) => rules.mode],
  ['--fail', ({ rules }) => (rules.failClosed ? 'closed' : 'open')],
  ['--forward', ({ rules }) => rules.forward],
  ['--masquerade', ({ rules }) => (rules.masquerade ? 'on' : 'off')],
  ['--dns', ({ rules }) => (rules.dns === undefined ? 'off' : 'on')],
  ['--listen', ({ rules }) => String(rules.listenPort)],
  ['--local', ({ rules }) => localText(rules.local)],
];

function portsText(ports: readonly PortRange[]): string {
  return listText(ports.map((range) => rangeText(range)));
}

function listText(words: readonly string[]): string {
  return words.length === 0 ? 'empty' : words.join(',');
}

function localText(local: Exemption | undefined): string {
  if (local === undefined) return 'off';
  if (local.kind === 'user') return `user=${local.uid}`;
  return local.kind === 'mark' ? `mark=${local.mark}` : `cgroup=${local.path}`;
}
