/** Who can reach an address we listen on: nobody but this machine, a private network, or anybody. */
import { BlockList, isIP } from 'node:net';
import type { Address } from './config.ts';

/** `public` also stands for what cannot be told without resolving a name. */
export type Exposure = 'local' | 'private' | 'public';

const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8, 'ipv4');
LOCAL.addAddress('::1', 'ipv6');

/** RFC 1918, RFC 3927, RFC 6598, RFC 4193, RFC 4291 section 2.5.6. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addSubnet('169.254.0.0', 16, 'ipv4');
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

export function exposureOf(address: Address): Exposure {
  if (address.kind === 'unix' || address.host.toLowerCase() === 'localhost') return 'local';
  const literal = address.host.split('%')[0] ?? '';
  const family = isIP(literal);
  if (family === 0) return 'public';
  // A mapped address (::ffff:127.0.0.1) is checked as the IPv4 address it carries: BlockList does so by itself.
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  if (LOCAL.check(literal, kind)) return 'local';
  return PRIVATE.check(literal, kind) ? 'private' : 'public';
}

/** True where the address stands for every address of this machine. */
export function listensEverywhere(address: Address): boolean {
  return address.kind === 'tcp' && (address.host === '' || address.host === '0.0.0.0' || address.host === '::' || address.host === '*');
}
