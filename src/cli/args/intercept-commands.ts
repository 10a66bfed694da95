/** Arguments of `gateway` and `exec`, which wrap connections that were meant for somebody else. */
import { portPairs, portRanges, prefix } from '../../config/values/address-values.ts';
import { oneOf } from '../../config/values/values.ts';
import type { Command, GatewayArguments } from '../command.ts';
import type { Flags } from './flags.ts';
import { logLevelOf, optional, readFlags, TRUST_FLAGS, trustOf, UsageError, value } from './flags.ts';

const GATEWAY_FLAGS = {
  ...TRUST_FLAGS,
  from: { type: 'string', multiple: true },
  ports: { type: 'string' },
  'map-port': { type: 'string' },
  dns: { type: 'boolean' },
  masquerade: { type: 'boolean' },
  mode: { type: 'string' },
  fail: { type: 'string' },
  local: { type: 'string' },
  listen: { type: 'string' },
  as: { type: 'string' },
} as const;

const EXEC_FLAGS = {
  ...TRUST_FLAGS,
  ports: { type: 'string' },
  'map-port': { type: 'string' },
  plain: { type: 'string', multiple: true },
  'host-loopback': { type: 'boolean' },
  explain: { type: 'boolean' },
  log: { type: 'string' },
} as const;

const ACTIONS = oneOf({ up: 'up', down: 'down', show: 'show', doctor: 'doctor' } as const);
const MODES = oneOf({ redirect: 'redirect', tproxy: 'tproxy' } as const);
const FAILURES = oneOf({ closed: 'closed', open: 'open' } as const);
const RULE_FORMS = oneOf({ nft: 'nft', iptables: 'iptables' } as const);

/** `down` and `doctor` need neither --from nor --ports: they look at what is there. */
export function parseGateway(args: readonly string[]): Command {
  const flags = readFlags(args, GATEWAY_FLAGS);
  if (flags.help) return { kind: 'help', topic: 'gateway' };
  const [word, extra] = flags.positionals;
  if (extra !== undefined) throw new UsageError(`there is no place for "${extra}"`);
  const action = word === undefined ? 'run' : value('gateway', ACTIONS, word);
  const local = localOf(flags);
  const from = flags.all('from').flatMap((text) => text.split(','));
  const ports = optional(flags, 'ports', portRanges) ?? [];
  const mapPort = optional(flags, 'map-port', portPairs) ?? [];
  if (action !== 'down' && action !== 'doctor') {
    if (from.length === 0 && local === undefined) throw new UsageError('--from INTERFACE is missing: say whose connections to take');
    if (ports.length === 0 && mapPort.length === 0) throw new UsageError('--ports LIST is missing: say which ports to take, like 443,1935');
  }
  return {
    kind: 'gateway',
    arguments: {
      ...trustOf(flags),
      action,
      from,
      ports,
      mapPort,
      dns: flags.is('dns'),
      masquerade: flags.is('masquerade'),
      mode: optional(flags, 'mode', MODES) ?? 'redirect',
      fail: optional(flags, 'fail', FAILURES) ?? 'closed',
      local,
      listen: optional(flags, 'listen', portRanges)?.[0]?.from,
      as: optional(flags, 'as', RULE_FORMS) ?? 'nft',
      debug: logLevelOf(flags),
    },
  };
}

/** Everything after `--` is the command. */
export function parseExec(args: readonly string[]): Command {
  const dashes = args.indexOf('--');
  const flags = readFlags(dashes < 0 ? args : args.slice(0, dashes), EXEC_FLAGS);
  if (flags.help) return { kind: 'help', topic: 'exec' };
  const stray = flags.positionals[0];
  if (stray !== undefined) throw new UsageError(`write -- before the command: overcoat exec -- ${stray} ...`);
  const command = dashes < 0 ? [] : args.slice(dashes + 1);
  if (command.length === 0) throw new UsageError('the command is missing: overcoat exec -- COMMAND ARG...');
  return {
    kind: 'exec',
    arguments: {
      ...trustOf(flags),
      ports: optional(flags, 'ports', portRanges) ?? [],
      mapPort: optional(flags, 'map-port', portPairs) ?? [],
      plain: flags.all('plain').map((text) => value('--plain', prefix, text)),
      hostLoopback: flags.is('host-loopback'),
      explain: flags.is('explain'),
      log: flags.one('log'),
      debug: logLevelOf(flags),
      command,
    },
  };
}

function localOf(flags: Flags): GatewayArguments['local'] {
  const text = flags.one('local');
  if (text === undefined) return undefined;
  const [kind = '', ...rest] = text.split('=');
  const what = rest.join('=');
  if ((kind !== 'user' && kind !== 'cgroup' && kind !== 'mark') || what === '') {
    throw new UsageError('--local: write user=NAME, cgroup=PATH or mark=NUMBER');
  }
  return { kind, value: what };
}
