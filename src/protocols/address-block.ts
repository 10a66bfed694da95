/** Blocks of addresses, compared bit by bit: text is never compared, since one address has many spellings. */
import { isIPv4 } from 'node:net';
import type { Prefix } from '../config/config.ts';
import { encodeSocketAddress, unmapped } from '../linux/socket-address.ts';

/** The leading bits of a 4- or 16-byte address. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** @param address an IP literal */
export function block(address: string, bits: number): Block {
  return { bytes: bytesOf(address), bits };
}

/** Whether an address, also a mapped one, lies in one of the blocks. */
export function isWithin(address: string, prefixes: readonly Prefix[]): boolean {
  const bytes = bytesOf(unmapped(address));
  return prefixes.some((prefix) => matches(bytes, block(unmapped(prefix.address), prefix.bits)));
}

/** An IPv4 address never lies in an IPv6 block, nor the other way round. */
export function matches(bytes: Uint8Array, { bytes: prefix, bits }: Block): boolean {
  if (bytes.length !== prefix.length) return false;
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit));
    if ((((bytes[bit / 8] ?? 0) ^ (prefix[bit / 8] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** Four or sixteen bytes of an IP literal; a zone is dropped. */
export function bytesOf(address: string): Uint8Array {
  if (isIPv4(address)) return encodeSocketAddress({ address, port: 0 }).slice(4, 8);
  const [bare = ''] = address.split('%', 1);
  return encodeSocketAddress({ address: bare, port: 0 }).slice(8, 24);
}

export function textOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  return groups.join(':');
}
