/**
 * The sets in which the kernel counts what hosts of the chosen networks send through this machine without Overcoat, and the rules that
 * fill them. Pure text. The key is sender, protocol and destination port; a set has a size, and what finds no room is counted in one
 * sum, so that no host can make it grow.
 */
import type { TableText } from './table-text.ts';

/** Of what is forwarded as it is. */
export const PASSED = 'passed';
/** Of what `--forward intercepted` refuses. */
export const REFUSED = 'refused';

/** Entries of one set; a network of a hundred devices has about ten each. */
export const SET_SIZE = 2048;
const FORGET = '1h';

/** The sets and the sum of one purpose. */
export function countingSets(purpose: string): TableText {
  return [
    ...(['ipv4_addr', 'ipv6_addr'] as const).flatMap((type) => [
      `set ${setName(purpose, type)} {`,
      `type ${type} . inet_proto . inet_service`,
      `size ${SET_SIZE}`,
      'flags dynamic,timeout',
      `timeout ${FORGET}`,
      'counter',
      '}',
    ]),
    `counter ${purpose}_rest {`,
    '}',
  ];
}

/** Rules that count a TCP or UDP packet; `verdict` ends its way through the chain where one of the sets had room for it. */
export function countingRules(purpose: string, verdict: string): TableText {
  const ports = 'meta l4proto { tcp, udp }';
  return [
    `${ports} update @${setName(purpose, 'ipv4_addr')} { ip saddr . meta l4proto . th dport } ${verdict}`,
    `${ports} update @${setName(purpose, 'ipv6_addr')} { ip6 saddr . meta l4proto . th dport } ${verdict}`,
    `${ports} counter name ${purpose}_rest`,
  ];
}

/**
 * What is forwarded from the chosen networks by hosts that opened the connection; the answers of their own servers have the port of some
 * client and are left out. Behind the chains of everybody else, so that what a firewall dropped is not counted.
 */
export function passingChain(fromHosts: readonly string[]): TableText {
  return [
    'chain passing {',
    'type filter hook forward priority filter + 200; policy accept',
    ...fromHosts.flatMap((from) => [`${from} ct direction original jump count_passing`, `${from} ct state untracked jump count_passing`]),
    '}',
  ];
}

/** A chain of its own, before the one that leads to it. */
export function passingCount(): TableText {
  return ['chain count_passing {', ...countingRules(PASSED, 'return'), '}'];
}

function setName(purpose: string, type: 'ipv4_addr' | 'ipv6_addr'): string {
  return `${purpose}${type === 'ipv4_addr' ? 4 : 6}`;
}
