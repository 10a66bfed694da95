/**
 * What the command's own network namespace looks like. It has no way out: every address of the world is routed to its loopback
 * device, where TCP is redirected to sockets that the parent outside has accepted the command for, DNS to the parent's forwarder,
 * and everything else is refused at once. Pure.
 */
import type { Prefix } from '../address/block.ts';
import type { PortRange } from '../config/config.ts';
import { mergeRanges, rangeText } from '../gateway/rules/ports.ts';

/** Ports of the sockets inside, each on 127.0.0.1 and ::1. */
export interface InnerPorts {
  /** Connections to be wrapped. */
  readonly wrap: number;
  /** Connections to be made as they are. */
  readonly plain: number;
  /** UDP and TCP. */
  readonly dns: number;
}

export interface InnerNetwork {
  /** Whether the machine outside reaches IPv6; where it does not, the command must not think so. */
  readonly ipv6: boolean;
  /** Ports to wrap; empty: all. */
  readonly wrapPorts: readonly PortRange[];
  /** Destinations that are connected as they are. */
  readonly plain: readonly Prefix[];
  /** Connections to loopback addresses go to the machine's own services instead of staying inside. */
  readonly hostLoopback: boolean;
}

/** Something must be there: resolvers leave out a family that has no address. Both are reserved and mean nothing outside. */
const OWN_V4 = '192.0.2.1';
const OWN_V6 = 'fd00:5afe::1';

/** Input of `ip -batch -`: every address is local to the loopback device. */
export function addressCommands({ ipv6 }: InnerNetwork): string {
  const v4 = [`address add ${OWN_V4}/32 dev lo`, 'link set lo up', `route add local 0.0.0.0/0 dev lo src ${OWN_V4}`];
  const v6 = [`address add ${OWN_V6}/128 dev lo nodad`, `route add local ::/0 dev lo src ${OWN_V6}`];
  return `${(ipv6 ? [...v4, ...v6] : v4).join('\n')}\n`;
}

/** Input of `nft -f -`. */
export function innerRules(network: InnerNetwork, ports: InnerPorts): string {
  return `table inet overcoat_exec {
${destinations(network)}
	chain outward {
		type nat hook output priority -100; policy accept
		meta l4proto { tcp, udp } th dport 53 redirect to :${ports.dns}
${stayInside(network)}${connectPlain(network, ports)}		meta l4proto tcp redirect to :${ports.wrap}
	}
	chain refused {
		type filter hook output priority filter; policy accept
		ip daddr { 127.0.0.0/8, ${OWN_V4} } accept
		ip6 daddr { ::1, ${OWN_V6} } accept
		meta l4proto tcp accept
		meta l4proto udp reject
		reject with icmpx type admin-prohibited
	}
}
`;
}

function destinations({ wrapPorts, plain }: InnerNetwork): string {
  const set = (name: string, type: string, elements: readonly string[]): string =>
    elements.length === 0
      ? ''
      : `\tset ${name} {\n\t\ttype ${type}\n\t\tflags interval\n\t\tauto-merge\n\t\telements = { ${elements.join(', ')} }\n\t}\n`;
  const ofFamily = (family: 4 | 6) =>
    plain.filter((prefix) => prefix.family === family).map((prefix) => `${prefix.address}/${prefix.bits}`);
  return [
    set(
      'wrapped',
      'inet_service',
      mergeRanges(wrapPorts).map((range) => rangeText(range)),
    ),
    set('plain4', 'ipv4_addr', ofFamily(4)),
    set('plain6', 'ipv6_addr', ofFamily(6)),
  ].join('');
}

function stayInside({ hostLoopback }: InnerNetwork): string {
  return hostLoopback ? '' : '\t\tip daddr 127.0.0.0/8 accept\n\t\tip6 daddr ::1 accept\n';
}

function connectPlain({ wrapPorts, plain }: InnerNetwork, { plain: port }: InnerPorts): string {
  const lines = [
    ...(plain.some((prefix) => prefix.family === 4) ? [`ip daddr @plain4 meta l4proto tcp redirect to :${port}`] : []),
    ...(plain.some((prefix) => prefix.family === 6) ? [`ip6 daddr @plain6 meta l4proto tcp redirect to :${port}`] : []),
    ...(wrapPorts.length > 0 ? [`tcp dport != @wrapped redirect to :${port}`] : []),
  ];
  return lines.map((line) => `\t\t${line}\n`).join('');
}
