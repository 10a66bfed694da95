import { ipVersion } from '../../address/ip.ts';
import type { TcpAddress } from '../../config/config.ts';
import { portMappings, portRanges, tcpAddress } from '../../config/values/address-values.ts';
import { deviceWith } from '../../gateway/machine/devices.ts';
import type { GatewayArguments } from '../args/command.ts';
import type { Flags } from '../args/flags.ts';
import { optional, takesOnly, UsageError, value, wordOf } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { WATCH_FLAGS, watchOf } from './control.ts';
import {
  DEBUG_FLAG,
  KEYLOG_FLAG,
  LEARNING_FLAGS,
  learningOf,
  logLevelOf,
  MAP_PORT_FLAG,
  REDIAL_FLAG,
  redialOf,
  TRUST_FLAGS,
  trustOf,
} from './shared.ts';

const ACTIONS = [
  { name: 'up', help: 'install the rules, until down or a restart' },
  { name: 'down', help: 'remove them' },
  { name: 'show', help: 'print the rules and change nothing; without flags those that are installed' },
  { name: 'status', help: 'what is installed, and what hosts send past Overcoat' },
  { name: 'doctor', help: 'check every link of the chain, and say how to mend it' },
] as const;
const MODES = ['redirect', 'tproxy'] as const;
const FORWARDS = ['all', 'intercepted'] as const;
const FAILURES = ['closed', 'open'] as const;
const RULE_FORMS = ['nft', 'iptables'] as const;

export const GATEWAY = commandTable({
  name: 'gateway',
  call: 'gateway',
  summary: 'wrap the connections that pass through this machine (Linux, root)',
  usage: ['gateway --from DEVICE --ports LIST [OPTIONS]', 'gateway up|down|show|status|doctor [OPTIONS]'],
  about: ['Wraps the TCP connections of other machines that pass through this one (root, Linux).'],
  flags: [
    { name: 'from', value: 'DEVICE', repeat: true, help: 'take connections that come in by this device; may be repeated' },
    { name: 'ports', value: 'LIST', help: 'take these destination ports, like 443,1935,8000-8010' },
    MAP_PORT_FLAG,
    { name: 'dns', help: 'answer their DNS questions too, and learn the names' },
    { name: 'masquerade', help: 'hide their addresses behind ours' },
    { name: 'mode', choices: MODES, help: 'how the kernel hands connections over (redirect)' },
    { name: 'fail', choices: FAILURES, help: 'while Overcoat is down, drop them or let them pass in clear (closed)' },
    {
      name: 'forward',
      choices: FORWARDS,
      help: 'what else hosts may send through this machine: everything, or nothing but ICMP and what is established (all)',
    },
    {
      name: 'local',
      value: 'user=NAME|cgroup=PATH|mark=N',
      help: "also take connections of this machine's own processes, except those of this user or control group, as which Overcoat then runs, or with this firewall mark",
    },
    { name: 'listen', value: 'PORT', help: 'hand connections to this port (15001)' },
    { name: 'to', value: 'HOST:PORT', help: 'a server that doctor tries as well' },
    { name: 'json', help: 'show, status and doctor answer as JSON' },
    { name: 'as', choices: RULE_FORMS, help: 'how show writes the rules (nft)' },
    ...LEARNING_FLAGS,
    ...TRUST_FLAGS,
    REDIAL_FLAG,
    ...WATCH_FLAGS,
    KEYLOG_FLAG,
    DEBUG_FLAG,
  ],
  actions: ACTIONS,
  example: 'gateway --from eth1 --ports 443 --map-port 1935:443 --dns',
  parse: (flags) => {
    const [word, extra] = flags.positionals;
    if (extra !== undefined) throw new UsageError(`there is no place for "${extra}"`);
    const action = word === undefined ? 'run' : value('gateway', wordOf(ACTIONS.map(({ name }) => name)), word);
    refuseIdle(flags, action);
    const local = localOf(flags);
    const from = flags.all('from').flatMap((text) => text.split(','));
    const ports = optional(flags, 'ports', portRanges) ?? [];
    const portMap = optional(flags, 'map-port', portMappings) ?? [];
    for (const device of from) refuseNoDevice(device);
    const says = from.length > 0 || local !== undefined || ports.length > 0 || portMap.length > 0;
    // The others look at what is there.
    if (action === 'run' || action === 'up' || (action === 'show' && says)) {
      if (from.length === 0 && local === undefined) throw new UsageError('--from DEVICE is missing: say whose connections to take');
      if (ports.length === 0 && portMap.length === 0)
        throw new UsageError('--ports LIST is missing: say which ports to take, like 443,1935');
    }
    return {
      kind: 'gateway',
      arguments: {
        ...trustOf(flags),
        ...learningOf(flags),
        action,
        from,
        ports,
        portMap,
        dns: flags.is('dns'),
        masquerade: flags.is('masquerade'),
        mode: optional(flags, 'mode', wordOf(MODES)) ?? 'redirect',
        fail: optional(flags, 'fail', wordOf(FAILURES)) ?? 'closed',
        forward: forwardOf(flags),
        local,
        to: targetOf(flags, action),
        json: jsonOf(flags, action),
        listen: listenOf(flags),
        as: optional(flags, 'as', wordOf(RULE_FORMS)) ?? 'nft',
        redialMs: redialOf(flags),
        keyLog: flags.one('keylog'),
        debug: logLevelOf(flags),
      },
      watch: watchOf(flags),
    };
  },
  execute: async (command) => (await import('../commands/gateway.ts')).gateway(command.arguments, command.watch),
});

/** What `down` undoes and `status` looks at is there already, and rules are written by `show` alone. @throws UsageError */
function refuseIdle(flags: Flags<'as' | 'json' | 'to'>, action: string): void {
  if (action === 'down') takesOnly(flags, 'for down', []);
  if (action === 'status') takesOnly(flags, 'for status', ['json', 'to']); // of which --to is refused by what is asked with it
  if (action !== 'show' && flags.one('as') !== undefined) throw new UsageError('--as is for show: overcoat gateway show --as iptables');
}

/** --listen PORT. @throws UsageError */
function listenOf(flags: Flags<'listen'>): number | undefined {
  const [port, ...more] = optional(flags, 'listen', portRanges) ?? [];
  if (port !== undefined && (more.length > 0 || port.from !== port.to)) throw new UsageError('--listen: one port is wanted, like 15001');
  return port?.from;
}

function localOf(flags: Flags<'local'>): GatewayArguments['local'] {
  const text = flags.one('local');
  if (text === undefined) return undefined;
  const [kind = '', ...rest] = text.split('=');
  const what = rest.join('=');
  if ((kind !== 'user' && kind !== 'cgroup' && kind !== 'mark') || what === '') {
    throw new UsageError('--local: write user=NAME, cgroup=PATH or mark=NUMBER');
  }
  return { kind, value: what };
}

/** What can be no network of hosts, whatever devices there are. */
function refuseNoDevice(text: string): void {
  if (text === 'lo')
    throw new UsageError('--from lo: no host is behind the loopback device; to take connections of this machine itself, use --local');
  const [address = ''] = text.split('/');
  if (ipVersion(address) === 0) return;
  const device = deviceWith(address);
  const meant =
    device === undefined || device === 'lo' ? '`ip -br address` shows which has it' : `it is an address of ${device}: --from ${device}`;
  throw new UsageError(`--from ${text}: write the device the hosts are behind, like eth1, not an address; ${meant}`);
}

function forwardOf(flags: Flags<'forward' | 'fail'>): GatewayArguments['forward'] {
  const forward = optional(flags, 'forward', wordOf(FORWARDS)) ?? 'all';
  if (forward === 'intercepted' && flags.one('fail')?.toLowerCase() === 'open')
    throw new UsageError('--forward intercepted and --fail open contradict each other: leave one of them away');
  return forward;
}

function targetOf(flags: Flags<'to'>, action: string): TcpAddress | undefined {
  const to = optional(flags, 'to', tcpAddress('localhost', 'HOST:PORT'));
  if (to !== undefined && action !== 'doctor') throw new UsageError('--to is for doctor: overcoat gateway doctor --to HOST:PORT');
  return to;
}

function jsonOf(flags: Flags<'json'>, action: string): boolean {
  const json = flags.is('json');
  if (json && action !== 'show' && action !== 'status' && action !== 'doctor')
    throw new UsageError('--json is for show, status and doctor');
  return json;
}
