/**
 * Who counts as one source of connections: an IPv4 address, and in IPv6 a network of 64 bits, since whoever has one address of it has all
 * (RFC 6177). A mapped address is the IPv4 address it is.
 */
import { ipBytes, ipText, ipv4Number, unmapped, withoutZone } from './ip.ts';

const NETWORK_BYTES = 8;
/** In front of an IPv4 address: ff00::/8 is multicast, which nothing comes from. */
const IPV4_MARK = 0xff000000 | 0;

/** Two 32-bit numbers, different for every source. */
export interface SourceKey {
  readonly high: number;
  readonly low: number;
}

/** @returns undefined when `address` is no IP address */
export function sourceKey(address: string): SourceKey | undefined {
  const bare = unmapped(address);
  const ipv4 = ipv4Number(withoutZone(bare));
  if (ipv4 !== undefined) return { high: IPV4_MARK, low: ipv4 | 0 };
  const bytes = ipBytes(bare);
  if (bytes === undefined) return undefined;
  return { high: bytes.readInt32BE(0), low: bytes.readInt32BE(4) };
}

/** As people write it: `192.0.2.1`, `2001:db8:0:1::/64`. */
export function sourceText(address: string): string {
  const one = withoutZone(unmapped(address));
  const bytes = ipBytes(one);
  if (bytes?.length !== 16) return one;
  return `${ipText(Buffer.concat([bytes.subarray(0, NETWORK_BYTES), Buffer.alloc(16 - NETWORK_BYTES)]))}/64`;
}
