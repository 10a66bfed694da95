/** What is installed of ours, by whom, and what happens while nobody is there: interception, guard, listeners. */
import { readFileSync } from 'node:fs';
import { isAlive } from '../machine/state.ts';
import { tryTool } from '../machine/tools.ts';
import type { GatewayRules } from '../rules/rules.ts';
import { GUARD_TABLE, INTERCEPTION_TABLE } from '../rules/rules.ts';
import type { Finding, Patient } from './finding.ts';
import { fault, ok, skipped, warning } from './finding.ts';

export function checkGateway({ state }: Patient): Finding[] {
  const link = 'gateway';
  if (state === undefined)
    return [
      fault(link, 'none is installed here', 'overcoat gateway --from DEVICE --ports LIST, or `gateway up` beside a daemon of your own'),
    ];
  if (state.installedBy === 'up') return [ok(link, 'installed by `gateway up`, until `gateway down` or a reboot')];
  if (isAlive(state)) return [ok(link, `running with pid ${state.pid}`)];
  const refused =
    state.rules.forward === 'intercepted' ? 'everything but ICMP and what is established is refused' : 'its ports are refused';
  const effect = state.rules.failClosed ? refused : 'its ports are FORWARDED IN CLEAR';
  return [
    fault(
      link,
      `it was killed (pid ${state.pid}): ${effect} until it runs again`,
      'start it again, or `overcoat gateway down` to undo everything',
    ),
  ];
}

export async function checkInterception({ rules }: Patient): Promise<Finding[]> {
  const link = 'interception rules';
  if (rules === undefined) return [skipped(link, 'nothing is installed')];
  const { code, stdout } = await tryTool('nft', ['list', 'table', 'inet', INTERCEPTION_TABLE]);
  if (code === 0 && stdout.includes('chain prerouting')) return [ok(link, `table inet ${INTERCEPTION_TABLE} is there`)];
  return [fault(link, `table inet ${INTERCEPTION_TABLE} is missing: nothing is intercepted`, 'start the gateway again')];
}

export async function checkGuard({ rules }: Patient): Promise<Finding[]> {
  const link = 'fails closed';
  if (rules === undefined) return [skipped(link, 'nothing is installed')];
  if (!rules.failClosed) {
    return [warning(link, 'no (--fail open): while Overcoat is down the ports are forwarded in clear', 'leave --fail open away')];
  }
  const { code, stdout } = await tryTool('nft', ['list', 'table', 'inet', GUARD_TABLE]);
  if (code === 0 && stdout.includes('chain forward')) return [ok(link, `yes: ${closedFor(rules)}, whether Overcoat runs or not`)];
  return [
    fault(
      link,
      `table inet ${GUARD_TABLE} is gone (a firewall reload with "flush ruleset" removes it): if Overcoat dies, the ports are forwarded in clear`,
      'a running gateway puts it back within seconds; else start it again',
    ),
  ];
}

function closedFor({ forward }: GatewayRules): string {
  return forward === 'intercepted' ? 'nothing but ICMP and what is established is forwarded' : 'the ports are never forwarded in clear';
}

/** The sockets the rules lead to. */
export function checkListeners({ rules }: Patient): Finding[] {
  if (rules === undefined) return [];
  const tcp = [...boundPorts('tcp', LISTENING), ...boundPorts('tcp6', LISTENING)];
  const listener = tcp.includes(rules.listenPort)
    ? ok('listener', `port ${rules.listenPort} is open`)
    : fault(
        'listener',
        `nothing listens on port ${rules.listenPort}: every intercepted connection is refused`,
        'start the gateway, or the service that accepts there',
      );
  if (rules.dns === undefined) return [listener];
  const udp = [...boundPorts('udp', UNCONNECTED), ...boundPorts('udp6', UNCONNECTED)];
  const there = udp.includes(rules.dns.port) && tcp.includes(rules.dns.port);
  const dns = there
    ? ok('DNS forwarder', `port ${rules.dns.port} is open for UDP and TCP`)
    : fault('DNS forwarder', `port ${rules.dns.port} is not open for UDP and TCP: the LAN gets no answers`, 'start the gateway with --dns');
  return [listener, dns];
}

const LISTENING = '0A';
const UNCONNECTED = '07';

/** Local ports of /proc/net/{tcp,tcp6,udp,udp6} in the given state. */
function boundPorts(protocol: string, state: string): number[] {
  try {
    const rows = readFileSync(`/proc/net/${protocol}`, 'latin1').trim().split('\n').slice(1);
    const columns = rows.map((row) => row.trim().split(/\s+/));
    return columns
      .filter((column) => column[3] === state)
      .map(([, local = '']) => Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
  } catch {
    return [];
  }
}
