/**
 * What the gateway wants of netfilter, and its text for `nft`. Pure. Two tables: `overcoat` hands connections to us and is owned
 * by the process that made it, so the kernel drops it when that process dies; `overcoat_guard` refuses to forward the same ports
 * in clear and stays until it is removed. The trap throughout: a rule on destination ports also meets the *replies* of connections
 * the other way round (their destination port is some client's ephemeral port), which is why the direction is always asked.
 */
import type { PortRange } from '../../config/config.ts';
import { countingRules, countingSets, PASSED, passingChain, passingCount, REFUSED } from './counting-rules.ts';
import { rangeText } from './ports.ts';
import type { TableText } from './table-text.ts';

export const INTERCEPTION_TABLE = 'overcoat';
export const GUARD_TABLE = 'overcoat_guard';
/** Device name the doctor's test connection comes in by; always among the chosen ones, so that the test takes the real path. */
export const TEST_DEVICE = 'overcoat-test';
/** The set of both tables in which devices are by their numbers. */
export const LINK_SET = 'links';
/** The chain that keeps hosts from being sent past us: of the guard, or where there is none of the interception. */
export const REDIRECT_MESSAGES = 'redirects';
/** Firewall mark and routing table of TPROXY; both spell "OC". */
export const TPROXY_MARK = 0x4f43;
export const TPROXY_ROUTING_TABLE = 0x4f43;

/** Whose own connections are not intercepted where local ones are. */
export type Exemption =
  | { readonly kind: 'user'; readonly uid: number }
  /** SO_MARK of the sockets we dial. */
  | { readonly kind: 'mark'; readonly mark: number }
  /** `path` below the root of the cgroup2 hierarchy; `prefix` is where that is mounted below /sys/fs/cgroup: '' or `unified/`. */
  | { readonly kind: 'cgroup'; readonly path: string; readonly prefix: string };

export interface GatewayRules {
  /** Devices whose hosts' connections are intercepted. */
  readonly devices: readonly string[];
  /**
   * The same devices by their numbers, which a new name does not change: one that is renamed while the rules stand is taken as before. Empty
   * for rules that outlive the devices of this boot (text that is shown).
   */
  readonly links: readonly number[];
  readonly ports: readonly PortRange[];
  readonly mode: 'redirect' | 'tproxy';
  readonly failClosed: boolean;
  /** `intercepted`: what hosts of the devices send, or are sent, goes through Overcoat or not at all. Needs `failClosed`. */
  readonly forward: 'all' | 'intercepted';
  readonly masquerade: boolean;
  /** Where the transparent service listens, on every address. */
  readonly listenPort: number;
  /** The DNS forwarder; `local`: queries to this machine itself are taken too, since it has no name server of its own. */
  readonly dns: { readonly port: number; readonly local: boolean } | undefined;
  /** Intercept this machine's own connections, except those of the exempt user or cgroup. */
  readonly local: Exemption | undefined;
}

/** @param owned the kernel removes the table when the socket that made it closes */
export function interceptionTable(rules: GatewayRules, owned: boolean): TableText {
  return [
    `table inet ${INTERCEPTION_TABLE} {`,
    ...(owned ? ['flags owner'] : []),
    ...portSet(rules),
    ...linkSet(rules),
    ...seenSet('seen4', 'ipv4_addr'),
    ...seenSet('seen6', 'ipv6_addr'),
    ...prerouting(rules),
    ...(rules.devices.length === 0 ? [] : [...countingSets(PASSED), ...passingCount(), ...passingChain(fromHosts(rules))]),
    ...(rules.local === undefined ? [] : localInterception(rules.local, rules)),
    ...(rules.masquerade ? masquerade(rules) : []),
    ...(rules.failClosed ? [] : [...strays(rules), ...redirectMessages(rules)]),
    '}',
  ];
}

/** The persistent refusal to forward in clear; undefined with `--fail open`. */
export function guardTable(rules: GatewayRules): TableText | undefined {
  if (!rules.failClosed) return undefined;
  return [
    `table inet ${GUARD_TABLE} {`,
    ...portSet(rules),
    ...linkSet(rules),
    ...(forwardsAll(rules) ? [] : refusal()),
    'chain forward {',
    'type filter hook forward priority filter - 10; policy accept',
    ...fromDevices(rules).flatMap((from) => [
      `${from} tcp dport @ports ct direction original counter reject with tcp reset`,
      `${from} tcp dport @ports ct state invalid,untracked counter reject with tcp reset`,
    ]),
    ...answersOfUnseen(rules),
    ...(forwardsAll(rules) ? [] : refuseTheRest(rules)),
    '}',
    ...strays(rules),
    ...(rules.local === undefined ? [] : localGuard(rules.local)),
    ...redirectMessages(rules),
    '}',
  ];
}

/**
 * The answer of a server to a connection that was open before anything here tracked connections: conntrack would take the server for the one
 * that opened it, and what the host sends for answers. Refused, it is forgotten, and the host's next packet is the first. What leaves by the
 * device that it came in by is a server's of that network, whose clients reach it past us: of those we never see more than the answers.
 */
function answersOfUnseen({ devices, links }: GatewayRules): TableText {
  const answer = 'tcp sport @ports tcp flags & (fin | syn | rst | ack) != syn ct state new counter reject with tcp reset';
  return [
    ...devices.map((device) => `oifname "${device}" iifname != "${device}" ${answer}`),
    ...(links.length === 0 ? [] : [`oif @${LINK_SET} oifname != ${deviceSet(devices)} iif != @${LINK_SET} ${answer}`]),
  ];
}

/**
 * What was redirected keeps the address of ours that it was given then, also where this machine has lost it meanwhile (DHCP, another prefix):
 * it would be forwarded in clear, to whoever is there now. The port that it was sent to tells it from what others redirect to such a port.
 */
function strays(rules: GatewayRules): TableText {
  const { mode, listenPort, dns } = rules;
  const redirected = [
    ...(mode === 'redirect' ? [`tcp dport ${listenPort} ct original proto-dst @ports`] : []),
    ...(dns === undefined ? [] : ['tcp', 'udp'].map((kind) => `${kind} dport ${dns.port} ct original proto-dst 53`)),
  ];
  if (redirected.length === 0) return [];
  return [
    'chain strays {',
    'type filter hook forward priority filter - 15; policy accept', // before the guard, which lets what is established through
    ...fromDevices(rules).flatMap((from) =>
      redirected.map((match) => {
        const reject = match.startsWith('tcp') ? 'reject with tcp reset' : 'reject';
        return `${from} ${match} ct status dnat ct direction original counter ${reject}`;
      }),
    ),
    '}',
  ];
}

/** The ports of ours that packets are redirected to; TPROXY leaves theirs as it was. */
export function redirectedPorts({ mode, listenPort, dns }: Pick<GatewayRules, 'mode' | 'listenPort' | 'dns'>): readonly number[] {
  return [...(mode === 'redirect' ? [listenPort] : []), ...(dns === undefined ? [] : [dns.port])];
}

function portSet({ ports }: GatewayRules): TableText {
  const elements = ports.map((range) => rangeText(range)).join(', ');
  return ['set ports {', 'type inet_service', 'flags interval', `elements = { ${elements} }`, '}'];
}

/** Who of the chosen networks opened a connection through us in the last minute: the doctor's evidence. */
function seenSet(name: string, type: string): TableText {
  return [`set ${name} {`, `type ${type}`, 'size 1024', 'flags dynamic,timeout', 'timeout 1m', '}'];
}

/** The devices that the rules match by their number, whatever they are called by now. */
function linkSet({ links }: GatewayRules): TableText {
  if (links.length === 0) return [];
  return [`set ${LINK_SET} {`, 'type iface_index', `elements = { ${links.join(', ')} }`, '}'];
}

/** By the name, and by the number where the name is another one by now: one of them holds, never both. */
function fromDevices({ devices, links }: GatewayRules): readonly string[] {
  return byNameOrNumber('i', [...devices, TEST_DEVICE], links);
}

/** Without the doctor's test connection, which is nobody's traffic. */
function fromHosts({ devices, links }: GatewayRules): readonly string[] {
  return byNameOrNumber('i', devices, links);
}

function toHosts({ devices, links }: GatewayRules): readonly string[] {
  return byNameOrNumber('o', devices, links);
}

/** @param way `i`: the packet comes in by it; `o`: it leaves by it */
function byNameOrNumber(way: 'i' | 'o', devices: readonly string[], links: readonly number[]): readonly string[] {
  const byName = `${way}ifname ${deviceSet(devices)}`;
  return links.length === 0 ? [byName] : [byName, `${way}if @${LINK_SET} ${way}ifname != ${deviceSet(devices)}`];
}

function deviceSet(devices: readonly string[]): string {
  return `{ ${devices.map((device) => `"${device}"`).join(', ')} }`;
}

function forwardsAll({ forward, devices }: GatewayRules): boolean {
  return forward !== 'intercepted' || devices.length === 0;
}

/**
 * Nothing of the hosts is forwarded but ICMP and what conntrack knows both directions of; the ports that are taken never come here, and
 * DNS only where no forwarder of ours takes it. The other direction as well: what somebody outside fetches leaves in clear all the same.
 */
function refuseTheRest(rules: GatewayRules): TableText {
  const either = [...fromDevices(rules), ...toHosts(rules)];
  return [
    ...either.flatMap((match) => [`${match} meta l4proto { icmp, ipv6-icmp } accept`, `${match} ct state established accept`]),
    ...fromHosts(rules).map((from) => `${from} jump count_refused`),
    ...either.map((match) => `${match} jump refuse`),
  ];
}

function refusal(): TableText {
  return [
    ...countingSets(REFUSED),
    'chain count_refused {',
    ...countingRules(REFUSED, 'return'),
    '}',
    'chain refuse {',
    'meta l4proto tcp counter reject with tcp reset',
    'counter reject with icmpx type admin-prohibited',
    '}',
  ];
}

/** Connections of the chosen networks that are addressed to somebody else: only these are ever ours. */
function prerouting(rules: GatewayRules): TableText {
  const from = fromDevices(rules);
  const elsewhere = from.map((match) => `${match} fib daddr type != local`);
  const dns = rules.dns === undefined ? [] : dnsRedirects(rules.dns, rules.dns.local ? from : elsewhere);
  const seen = devicesSeen(rules);
  const head = ['chain prerouting {', 'type nat hook prerouting priority dstnat - 5; policy accept', ...seen, ...dns];
  if (rules.mode === 'redirect')
    return [...head, ...elsewhere.map((match) => `${match} tcp dport @ports counter redirect to :${rules.listenPort}`), '}'];
  const tproxy = (family: 'ipv4' | 'ipv6', to: string): readonly string[] =>
    elsewhere.map(
      (match) =>
        `${match} meta nfproto ${family} tcp dport @ports ct direction original tproxy ${to}:${rules.listenPort} meta mark set ${TPROXY_MARK} counter accept`,
    );
  return [
    ...head,
    '}',
    'chain divert {',
    'type filter hook prerouting priority mangle; policy accept',
    ...tproxy('ipv4', 'ip to 127.0.0.1'),
    ...tproxy('ipv6', 'ip6 to [::1]'),
    // What a router before the hosts says of our packets (too big) is addressed to the server whose address they bear.
    ...elsewhere.map(
      (match) => `${match} meta l4proto { icmp, ipv6-icmp } socket transparent 1 meta mark set ${TPROXY_MARK} counter accept`,
    ),
    '}',
  ];
}

function devicesSeen(rules: GatewayRules): TableText {
  if (rules.devices.length === 0) return [];
  const elsewhere = fromHosts(rules).map((match) => `${match} fib daddr type != local`);
  return elsewhere.flatMap((match) => [`${match} update @seen4 { ip saddr }`, `${match} update @seen6 { ip6 saddr }`]);
}

function dnsRedirects(dns: { readonly port: number }, matches: readonly string[]): readonly string[] {
  return matches.map((match) => `${match} meta l4proto { tcp, udp } th dport 53 counter redirect to :${dns.port}`);
}

/** Local connections are redirected in both modes: TPROXY has no place in the output path. */
function localInterception(exemption: Exemption, rules: GatewayRules): TableText {
  return [
    'chain output {',
    'type nat hook output priority -105; policy accept', // the named priorities do not exist for the output hook
    `${exemptionMatch(exemption)} accept`,
    'fib daddr type local accept',
    `tcp dport @ports counter redirect to :${rules.listenPort}`,
    '}',
  ];
}

/** Only the first packet of a connection: replies of the machine's own servers have high destination ports too. */
function localGuard(exemption: Exemption): TableText {
  return [
    'chain output {',
    'type filter hook output priority filter - 10; policy accept',
    `${exemptionMatch(exemption)} accept`,
    'fib daddr type local accept', // not by the device: a redirected packet still has the one it was going to leave by
    'tcp dport @ports tcp flags & (fin | syn | rst | ack) == syn counter reject with tcp reset',
    '}',
  ];
}

function exemptionMatch(exemption: Exemption): string {
  if (exemption.kind === 'user') return `meta skuid ${exemption.uid}`;
  if (exemption.kind === 'mark') return `meta mark ${exemption.mark}`;
  const level = exemption.path.split('/').length;
  return `socket cgroupv2 level ${level} "${exemption.prefix}${exemption.path}"`;
}

function masquerade(rules: GatewayRules): TableText {
  return [
    'chain postrouting {',
    'type nat hook postrouting priority srcnat; policy accept',
    ...fromDevices(rules).map((from) => `${from} masquerade`),
    '}',
  ];
}

/**
 * A gateway whose uplink is on the same network tells hosts to go to the next router directly, which would take their connections
 * past us in clear. IPv4 has a sysctl against it as well, IPv6 has none.
 */
function redirectMessages(rules: GatewayRules): TableText {
  if (rules.devices.length === 0) return [];
  return [
    `chain ${REDIRECT_MESSAGES} {`,
    'type filter hook output priority filter - 10; policy accept',
    ...toHosts(rules).flatMap((to) => [`${to} icmp type redirect drop`, `${to} icmpv6 type nd-redirect drop`]),
    '}',
  ];
}
