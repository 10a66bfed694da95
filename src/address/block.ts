/**
 * Blocks of addresses, compared as bytes under a mask. net.BlockList is not used: it takes no mask with holes (hosts_access(5)), and
 * finds every IPv4 address in `::/0`.
 */
import { isIPv4 } from 'node:net';
import { ipBytes, ipKey, ipVersion, withoutBrackets } from './ip.ts';

/** A block as plain data: `ADDRESS/BITS`. */
export interface Prefix {
  /** IP literal, without brackets and zone. */
  readonly address: string;
  readonly family: 4 | 6;
  readonly bits: number;
}

/** The bits of a 4- or 16-byte address that count, and what they have to be. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
}

/**
 * Reads `ADDRESS` or `ADDRESS/BITS`; an IPv6 address may have brackets and a zone, which are dropped. A block of mapped addresses is the
 * IPv4 block.
 * @returns the block, or why it is none
 */
export function parsePrefix(text: string): Prefix | { readonly why: 'no address' | 'no length' } {
  const slash = text.indexOf('/');
  const literal = withoutBrackets(slash === -1 ? text : text.slice(0, slash));
  const written = ipVersion(literal);
  const address = ipKey(literal);
  if (address === undefined) return { why: 'no address' };
  const bits = slash === -1 ? widest(literal) : lengthOf(text.slice(slash + 1));
  if (bits === undefined || bits > widest(literal)) return { why: 'no length' };
  if (written === 6 && isIPv4(address)) return bits < 96 ? { address: literal, family: 6, bits } : { address, family: 4, bits: bits - 96 };
  return { address, family: written === 4 ? 4 : 6, bits };
}

/** @param address an IP literal. @param bits at most 32 or 128 */
export function block(address: string, bits: number): Block {
  const bytes = bytesOf(address);
  return { bytes, mask: bytes.map((_, index) => (0xff00 >> Math.min(8, Math.max(0, bits - 8 * index))) & 0xff) };
}

/** @param mask four numbers like an address, holes allowed */
export function maskedBlock(address: string, mask: string): Block {
  return { bytes: bytesOf(address), mask: bytesOf(mask) };
}

/** An IPv4 address never lies in an IPv6 block, nor the other way round. */
export function contains({ bytes: wanted, mask }: Block, bytes: Uint8Array): boolean {
  return bytes.length === wanted.length && mask.every((bits, index) => (((bytes[index] ?? 0) ^ (wanted[index] ?? 0)) & bits) === 0);
}

/** Whether an address, whatever its spelling, lies in one of the blocks; a mapped one counts as the IPv4 address it is. */
export function isWithin(address: string, prefixes: readonly Prefix[]): boolean {
  const bytes = ipBytes(ipKey(address) ?? '');
  return bytes !== undefined && prefixes.some((prefix) => contains(block(prefix.address, prefix.bits), bytes));
}

function bytesOf(address: string): Uint8Array {
  return ipBytes(address) ?? new Uint8Array(0);
}

function widest(literal: string): number {
  return isIPv4(literal) ? 32 : 128;
}

/** One to three decimal digits. */
function lengthOf(text: string): number | undefined {
  if (text === '' || text.length > 3) return undefined;
  for (const character of text) if (character < '0' || character > '9') return undefined;
  return Number(text);
}
