/**
 * The same rules for people who keep their own in iptables: commands to read and to paste, each idea in a chain of its own so that
 * it can be taken out again. Pure. iptables rules belong to nobody, so nothing here vanishes with the process.
 */
import type { PortRange } from '../../config/config.ts';
import { shellWord } from '../../text/shell-word.ts';
import { rangeText } from './ports.ts';
import type { Exemption, GatewayRules } from './rules.ts';
import { TPROXY_MARK } from './rules.ts';

/** multiport takes fifteen ports, where a range counts as two. */
const MULTIPORT_SLOTS = 15;

const PROGRAMS = ['iptables', 'ip6tables'] as const;
type Program = (typeof PROGRAMS)[number];

/** Shell lines for both families, in order. */
export function iptablesCommands(wanted: GatewayRules): readonly string[] {
  const rules = { ...wanted, devices: wanted.devices.map(shellWord) };
  return PROGRAMS.flatMap((program) => [
    ...interception(program, rules),
    ...(rules.local === undefined ? [] : localInterception(program, rules.local, rules)),
    ...(rules.masquerade ? rules.devices.map((device) => masquerade(program, device)) : []),
    ...(rules.forward === 'intercepted' ? refuseTheRest(program, rules) : []),
    ...(rules.failClosed ? guard(program, rules) : []),
    ...strays(program, rules),
    ...rules.devices.map((device) => redirectMessages(program, device)),
  ]);
}

/** Packets to this machine itself are let go first, so that no list of ports can lock its administrator out. */
function interception(program: Program, rules: GatewayRules): readonly string[] {
  const table = rules.mode === 'redirect' ? 'nat' : 'mangle';
  const target =
    rules.mode === 'redirect'
      ? `-j REDIRECT --to-ports ${rules.listenPort}`
      : `-m conntrack --ctdir ORIGINAL -j TPROXY --on-ip ${program === 'iptables' ? '127.0.0.1' : '::1'} --on-port ${rules.listenPort} --tproxy-mark ${TPROXY_MARK}`;
  return [
    ...dns(program, rules),
    `${program} -t ${table} -N OVERCOAT`,
    `${program} -t ${table} -A OVERCOAT -m addrtype --dst-type LOCAL -j RETURN`,
    ...portMatches(rules.ports).map((ports) => `${program} -t ${table} -A OVERCOAT -p tcp ${ports} ${target}`),
    ...rules.devices.map((device) => `${program} -t ${table} -I PREROUTING -i ${device} -p tcp -j OVERCOAT`),
    ...(rules.mode === 'tproxy' ? rules.devices.map((device) => errorMessages(program, device)) : []),
  ];
}

/** What a router before the hosts says of packets that bear the address of a server. */
function errorMessages(program: Program, device: string): string {
  const match = `-i ${device} -p ${icmp(program)} -m addrtype ! --dst-type LOCAL -m socket --transparent`;
  return `${program} -t mangle -I PREROUTING ${match} -j MARK --set-mark ${TPROXY_MARK}`;
}

function icmp(program: Program): string {
  return program === 'iptables' ? 'icmp' : 'ipv6-icmp';
}

function dns(program: Program, { dns: forwarder, devices }: GatewayRules): readonly string[] {
  if (forwarder === undefined) return [];
  return [
    `${program} -t nat -N OVERCOAT_DNS`,
    ...(forwarder.local ? [] : [`${program} -t nat -A OVERCOAT_DNS -m addrtype --dst-type LOCAL -j RETURN`]),
    ...['udp', 'tcp'].map((kind) => `${program} -t nat -A OVERCOAT_DNS -p ${kind} --dport 53 -j REDIRECT --to-ports ${forwarder.port}`),
    ...devices.map((device) => `${program} -t nat -I PREROUTING -i ${device} -j OVERCOAT_DNS`),
  ];
}

function localInterception(program: Program, exemption: Exemption, rules: GatewayRules): readonly string[] {
  const own = exemptionMatch(exemption);
  const refuse = rules.failClosed
    ? [
        `${program} -N OVERCOAT_LOCAL_GUARD`,
        `${program} -A OVERCOAT_LOCAL_GUARD ${own} -j RETURN`,
        `${program} -A OVERCOAT_LOCAL_GUARD -m addrtype --dst-type LOCAL -j RETURN`,
        ...portMatches(rules.ports).map(
          (ports) => `${program} -A OVERCOAT_LOCAL_GUARD -p tcp --syn ${ports} -j REJECT --reject-with tcp-reset`,
        ),
        `${program} -I OUTPUT -p tcp -j OVERCOAT_LOCAL_GUARD`,
      ]
    : [];
  return [
    `${program} -t nat -N OVERCOAT_LOCAL`,
    `${program} -t nat -A OVERCOAT_LOCAL ${own} -j RETURN`,
    `${program} -t nat -A OVERCOAT_LOCAL -m addrtype --dst-type LOCAL -j RETURN`,
    ...portMatches(rules.ports).map(
      (ports) => `${program} -t nat -A OVERCOAT_LOCAL -p tcp ${ports} -j REDIRECT --to-ports ${rules.listenPort}`,
    ),
    `${program} -t nat -I OUTPUT -p tcp -j OVERCOAT_LOCAL`,
    ...refuse,
  ];
}

function guard(program: Program, rules: GatewayRules): readonly string[] {
  return [
    `${program} -N OVERCOAT_GUARD`,
    ...portMatches(rules.ports).flatMap((ports) =>
      ['--ctdir ORIGINAL', '--ctstate INVALID,UNTRACKED'].map(
        (which) => `${program} -A OVERCOAT_GUARD -p tcp ${ports} -m conntrack ${which} -j REJECT --reject-with tcp-reset`,
      ),
    ),
    ...rules.devices.map((device) => `${program} -I FORWARD -i ${device} -p tcp -j OVERCOAT_GUARD`),
    `${program} -N OVERCOAT_ANSWERS`,
    ...portMatches(rules.ports, '--sports').map(
      (ports) => `${program} -A OVERCOAT_ANSWERS -p tcp ! --syn ${ports} -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset`,
    ),
    ...rules.devices.map((device) => `${program} -I FORWARD ! -i ${device} -o ${device} -p tcp -j OVERCOAT_ANSWERS`),
  ];
}

/** What was redirected and is forwarded all the same, since this machine has lost the address that it was given. */
function strays(program: Program, { mode, listenPort, dns: forwarder, devices, ports }: GatewayRules): readonly string[] {
  const sentTo = [
    ...(mode === 'redirect' ? ports.map((range) => ['tcp', listenPort, rangeText(range, ':')] as const) : []),
    ...(forwarder === undefined ? [] : (['tcp', 'udp'] as const).map((kind) => [kind, forwarder.port, '53'] as const)),
  ];
  if (sentTo.length === 0) return [];
  return [
    `${program} -N OVERCOAT_STRAYS`,
    ...sentTo.map(([kind, port, original]) => {
      const match = `-p ${kind} --dport ${port} -m conntrack --ctdir ORIGINAL --ctstate DNAT --ctorigdstport ${original}`;
      return `${program} -A OVERCOAT_STRAYS ${match} -j REJECT${kind === 'tcp' ? ' --reject-with tcp-reset' : ''}`;
    }),
    ...devices.map((device) => `${program} -I FORWARD -i ${device} -j OVERCOAT_STRAYS`),
  ];
}

/** Before the guard in this list, and so behind it in the chain: what is established on a port that is taken is cut all the same. */
function refuseTheRest(program: Program, { devices }: GatewayRules): readonly string[] {
  return [
    `${program} -N OVERCOAT_ONLY`,
    `${program} -A OVERCOAT_ONLY -p ${icmp(program)} -j RETURN`,
    `${program} -A OVERCOAT_ONLY -m conntrack --ctstate ESTABLISHED -j RETURN`,
    `${program} -A OVERCOAT_ONLY -p tcp -j REJECT --reject-with tcp-reset`,
    `${program} -A OVERCOAT_ONLY -j REJECT`,
    ...devices.flatMap((device) => ['-i', '-o'].map((way) => `${program} -I FORWARD ${way} ${device} -j OVERCOAT_ONLY`)),
  ];
}

/** iptables cannot match the incoming device after routing, so everything that was forwarded and is not local is masked. */
function masquerade(program: Program, device: string): string {
  return `${program} -t nat -A POSTROUTING ! -o ${device} -m addrtype ! --src-type LOCAL -j MASQUERADE`;
}

function redirectMessages(program: Program, device: string): string {
  const type = program === 'iptables' ? '-p icmp --icmp-type redirect' : '-p icmpv6 --icmpv6-type redirect';
  return `${program} -I OUTPUT -o ${device} ${type} -j DROP`;
}

function exemptionMatch(exemption: Exemption): string {
  if (exemption.kind === 'user') return `-m owner --uid-owner ${exemption.uid}`;
  return exemption.kind === 'mark' ? `-m mark --mark ${exemption.mark}` : `-m cgroup --path ${shellWord(exemption.path)}`;
}

function portMatches(ports: readonly PortRange[], which: '--dports' | '--sports' = '--dports'): readonly string[] {
  const matches: string[] = [];
  let group: string[] = [];
  let slots = 0;
  for (const range of ports) {
    const needed = range.from === range.to ? 1 : 2;
    if (slots + needed > MULTIPORT_SLOTS) {
      matches.push(group.join(','));
      group = [];
      slots = 0;
    }
    group.push(rangeText(range, ':'));
    slots += needed;
  }
  return [...matches, group.join(',')].map((list) => `-m multiport ${which} ${list}`);
}
