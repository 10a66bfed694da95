/** Who can reach an address we listen on: nobody but this machine, a private network, or anybody; and what is said where that is unsafe. */
import type { Block } from '../address/block.ts';
import { block, contains } from '../address/block.ts';
import { ipBytes, ipKey, isEveryHost } from '../address/ip.ts';
import type { Address } from './config.ts';

/** `public` also stands for what cannot be told without resolving a name. */
export type Exposure = 'local' | 'private' | 'public';

const LOCAL: readonly Block[] = [block('127.0.0.0', 8), block('::1', 128)];

/** RFC 1918, RFC 3927, RFC 6598, RFC 4193, RFC 4291 section 2.5.6. */
const PRIVATE: readonly Block[] = [
  block('10.0.0.0', 8),
  block('172.16.0.0', 12),
  block('192.168.0.0', 16),
  block('169.254.0.0', 16),
  block('100.64.0.0', 10),
  block('fc00::', 7),
  block('fe80::', 10),
];

/** A mapped address (::ffff:127.0.0.1) counts as the IPv4 address it carries. */
export function exposureOf(address: Address): Exposure {
  if (address.kind === 'unix' || address.host.toLowerCase() === 'localhost') return 'local';
  const bytes = ipBytes(ipKey(address.host) ?? '');
  if (bytes === undefined) return 'public';
  if (LOCAL.some((each) => contains(each, bytes))) return 'local';
  return PRIVATE.some((each) => contains(each, bytes)) ? 'private' : 'public';
}

/** Of a listener for plain connections that lead into TLS. @param cure what to write instead */
export function openListener(cure: string): string {
  return `anybody who reaches this port can use the connection behind it; ${cure}`;
}

/** Of a proxy that asks for no certificate. @param cure what asks for one */
export function openProxy(cure: string): string {
  return `anybody who reaches this port can connect anywhere through it; ask for client certificates with ${cure}`;
}

/** True where the address stands for every address of this machine. */
export function listensEverywhere(address: Address): boolean {
  return address.kind === 'tcp' && isEveryHost(address.host);
}
