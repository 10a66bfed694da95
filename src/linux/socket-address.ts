/**
 * `struct sockaddr_in` and `sockaddr_in6` as bytes, Linux layout: family in host order, port and address in network order. The
 * trap is the family field: it, not the length the kernel reports, says which of the two layouts lies there.
 */
import { isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';

export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Bytes of the longest layout, that of a Unix socket. */
export const LARGEST_SOCKET_ADDRESS = 110;

/** Bytes of the larger of the two IP layouts; enough for either. */
export const SOCKET_ADDRESS_SIZE = 28;

const MAPPED_PREFIX = '::ffff:';
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** An address and port without a family: the text says which it is. A link-local IPv6 address carries its `%zone`. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `::ffff:192.0.2.1` is `192.0.2.1`; anything else stays as it is. */
export function unmapped(address: string): string {
  return address.startsWith(MAPPED_PREFIX) && address.includes('.') ? address.slice(MAPPED_PREFIX.length) : address;
}

/** @param endpoint an IP literal (no name) and a port; a mapped IPv6 address becomes an IPv6 one (it belongs on a `::` socket) */
export function encodeSocketAddress(endpoint: Endpoint): Uint8Array {
  return isIPv6(endpoint.address) ? encodeIpv6(endpoint) : encodeIpv4(endpoint);
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
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, AF_INET, LITTLE_ENDIAN);
  view.setUint16(2, port);
  const parts = address.split('.');
  for (const [index, part] of parts.entries()) view.setUint8(4 + index, Number(part));
  return new Uint8Array(view.buffer);
}

function encodeIpv6({ address, port }: Endpoint): Uint8Array {
  const view = new DataView(new ArrayBuffer(SOCKET_ADDRESS_SIZE));
  view.setUint16(0, AF_INET6, LITTLE_ENDIAN);
  view.setUint16(2, port);
  const [bare = '', zone] = address.split('%');
  for (const [index, group] of groupsOf(bare).entries()) view.setUint16(8 + 2 * index, group);
  if (zone !== undefined) view.setUint32(24, zoneNumber(zone), LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

/** The eight 16-bit groups of a valid IPv6 literal. */
function groupsOf(address: string): number[] {
  const dotted = address.lastIndexOf(':') + 1;
  const text = address.includes('.') ? address.slice(0, dotted) + dottedAsGroups(address.slice(dotted)) : address;
  const [head = '', tail] = text.split('::');
  const before = parseGroups(head);
  if (tail === undefined) return before;
  const after = parseGroups(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function dottedAsGroups(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function parseGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** @returns undefined when the bytes are neither layout */
export function decodeSocketAddress(bytes: Uint8Array): Endpoint | undefined {
  if (bytes.length < 16) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, LITTLE_ENDIAN);
  const port = view.getUint16(2);
  if (family === AF_INET) return { address: bytes.subarray(4, 8).join('.'), port };
  if (family !== AF_INET6 || bytes.length < SOCKET_ADDRESS_SIZE) return undefined;
  return { address: ipv6Text(view), port };
}

function ipv6Text(view: DataView): string {
  const groups: string[] = [];
  for (let offset = 8; offset < 24; offset += 2) groups.push(view.getUint16(offset).toString(16));
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' });
  const scope = view.getUint32(24, LITTLE_ENDIAN);
  return scope === 0 ? unmapped(address) : `${address}%${zoneName(scope)}`;
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
