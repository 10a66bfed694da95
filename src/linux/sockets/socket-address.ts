/**
 * `struct sockaddr_in` and `sockaddr_in6` as bytes, Linux layout: family in host order, port and address in network order. The
 * trap is the family field: it, not the length the kernel reports, says which of the two layouts lies there.
 */
import { networkInterfaces } from 'node:os';
import type { Endpoint } from '../../address/endpoint.ts';
import { ipBytes, ipText, isIpv6, unmapped } from '../../address/ip.ts';

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Bytes of the longest layout, that of a Unix socket. */
export const LARGEST_SOCKET_ADDRESS = 110;

/** Bytes of the larger of the two IP layouts; enough for either. */
export const SOCKET_ADDRESS_SIZE = 28;

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** @param endpoint an IP literal (no name) and a port; a mapped IPv6 address becomes an IPv6 one (it belongs on a `::` socket) */
export function encodeSocketAddress(endpoint: Endpoint): Uint8Array {
  return isIpv6(endpoint.address) ? encodeIpv6(endpoint) : encodeIpv4(endpoint);
}

/** The path in a `struct sockaddr_un`; '' for one without a name, and for other families. */
export function decodeUnixPath(bytes: Uint8Array): string {
  if (bytes.length <= 2 || new Uint16Array(bytes.slice(0, 2).buffer)[0] !== AF_UNIX) return '';
  const name = Buffer.from(bytes.subarray(2)).toString('utf8');
  const end = name.indexOf('\0', 1);
  const path = end < 0 ? name : name.slice(0, end);
  return path.startsWith('\0') ? `@${path.slice(1)}` : path;
}

/** `struct sockaddr_un` (man 7 unix); a leading `@` stands for the zero byte of an abstract name, which has no terminator. */
export function encodeUnixAddress(path: string): Uint8Array {
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`;
  return Buffer.concat([new Uint8Array(new Uint16Array([AF_UNIX]).buffer), Buffer.from(name)]);
}

function encodeIpv4({ address, port }: Endpoint): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[LITTLE_ENDIAN ? 0 : 1] = AF_INET;
  bytes[2] = port >> 8;
  bytes[3] = port;
  bytes.set(ipBytes(address) ?? [], 4);
  return bytes;
}

function encodeIpv6({ address, port }: Endpoint): Uint8Array {
  const view = new DataView(new ArrayBuffer(SOCKET_ADDRESS_SIZE));
  view.setUint16(0, AF_INET6, LITTLE_ENDIAN);
  view.setUint16(2, port);
  const [, zone] = address.split('%');
  if (zone !== undefined) view.setUint32(24, zoneNumber(zone), LITTLE_ENDIAN);
  const bytes = new Uint8Array(view.buffer);
  bytes.set(ipBytes(address) ?? [], 8);
  return bytes;
}

/** @param length how many of the bytes are the address @returns undefined when they are neither layout */
export function decodeSocketAddress(bytes: Uint8Array, length = bytes.length): Endpoint | undefined {
  if (length < 16) return undefined;
  const at = (index: number): number => bytes[index] ?? 0; // neither a view nor a list is made: every connection is asked
  const family = LITTLE_ENDIAN ? at(0) | (at(1) << 8) : (at(0) << 8) | at(1);
  const port = (at(2) << 8) | at(3);
  if (family === AF_INET) return { address: `${at(4)}.${at(5)}.${at(6)}.${at(7)}`, port };
  if (family !== AF_INET6 || length < SOCKET_ADDRESS_SIZE) return undefined;
  const address = ipText(bytes.subarray(8, 24));
  const scope = new DataView(bytes.buffer, bytes.byteOffset, length).getUint32(24, LITTLE_ENDIAN);
  return { address: scope === 0 ? unmapped(address) : `${address}%${zoneName(scope)}`, port };
}

function zoneName(scope: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces()))
    if (addresses?.some((entry) => entry.family === 'IPv6' && entry.scopeid === scope)) return name;
  return String(scope);
}

function zoneNumber(zone: string): number {
  const found = networkInterfaces()[zone]?.find((entry) => entry.family === 'IPv6' && entry.scopeid !== 0);
  return found?.family === 'IPv6' ? (found.scopeid ?? 0) : Number(zone) || 0;
}
