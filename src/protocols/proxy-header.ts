/**
 * The PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt): one header before everything else says who the client of the
 * connection really is. Both are parsed and written here. The one thing a reader might get wrong: whoever may connect may write such a
 * header, so it is worth as much as the address that it came from (`proxyAccept`).
 */
import { isIPv4 } from 'node:net';
import type { Endpoint } from '../address/endpoint.ts';
import { ipBytes, ipText, isIpv6, unmapped, withoutZone } from '../address/ip.ts';
import type { Measured, TlsFacts } from './conversation.ts';
import { NEED_MORE, refused, whole } from './conversation.ts';
import { crc32c } from './crc32c.ts';

/** What is said of a connection. Without both ends it is "unknown". */
export interface ProxyFacts {
  readonly source: Endpoint | undefined;
  readonly destination: Endpoint | undefined;
  /** The client's TLS, for the TLVs of version 2. */
  readonly tls: TlsFacts | undefined;
}

/** A header that was read. `local`: the sender speaks for itself (a health check), so the socket's own addresses hold. */
export type ProxyHeader =
  | { readonly kind: 'local' }
  | { readonly kind: 'proxied'; readonly source: Endpoint; readonly destination: Endpoint };

const V1_START = Buffer.from('PROXY ', 'latin1');
/** Longest version 1 header with its line end. */
const V1_MAX_BYTES = 107;
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED_BYTES = 16;
/** Longest version 2 header we read; real ones with certificates' names have a few hundred bytes. */
export const V2_MAX_BYTES = 8192;

const TLV_ALPN = 0x01;
const TLV_AUTHORITY = 0x02;
const TLV_CRC32C = 0x03;
const TLV_SSL = 0x20;
const TLV_SSL_VERSION = 0x21;
const TLV_SSL_CN = 0x22;
const TLV_SSL_CIPHER = 0x23;
const SSL_CLIENT = 0x01;
const SSL_CERTIFICATE_CONNECTION = 0x02;

/** A whole header of either version; refused with the first byte that fits neither. */
export function measureProxyHeader(bytes: Buffer): Measured {
  if (startsLike(bytes, V2_SIGNATURE)) {
    if (bytes.length < V2_FIXED_BYTES) return NEED_MORE;
    const length = V2_FIXED_BYTES + bytes.readUInt16BE(14);
    if (length > V2_MAX_BYTES) return refused(`a PROXY header of ${length} bytes`);
    return bytes.length < length ? NEED_MORE : whole(length);
  }
  if (!startsLike(bytes, V1_START)) return refused('no PROXY header');
  const end = bytes.indexOf(10);
  if ((end < 0 ? bytes.length : end + 1) > V1_MAX_BYTES) return refused(`a PROXY header of more than ${V1_MAX_BYTES} bytes`);
  return end < 0 ? NEED_MORE : whole(end + 1);
}

/** @returns undefined when what was measured is not a header after all */
export function parseProxyHeader(header: Buffer): ProxyHeader | undefined {
  return header[0] === V2_SIGNATURE[0] ? parseV2(header) : parseV1(header.toString('latin1'));
}

/** `PROXY TCP4 source destination port port`, single blanks, CRLF (section 2.1). */
function parseV1(line: string): ProxyHeader | undefined {
  if (!line.endsWith('\r\n')) return undefined;
  const [start, family, source = '', destination = '', from = '', to = '', ...more] = line.slice(0, -2).split(' ');
  if (start !== 'PROXY') return undefined;
  if (family === 'UNKNOWN') return { kind: 'local' };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIpv6 : undefined;
  const sourcePort = parsePort(from);
  const destinationPort = parsePort(to);
  if (isAddress === undefined || !isAddress(source) || !isAddress(destination) || more.length > 0) return undefined;
  if (sourcePort === undefined || destinationPort === undefined) return undefined;
  return {
    kind: 'proxied',
    source: { address: unmapped(source), port: sourcePort },
    destination: { address: unmapped(destination), port: destinationPort },
  };
}

/** Section 2.2: signature, version and command, family, length, addresses, TLVs. */
function parseV2(header: Buffer): ProxyHeader | undefined {
  const command = header[12];
  if (command !== 0x20 && command !== 0x21) return undefined;
  const family = header[13];
  const addresses = family === 0x11 ? 12 : family === 0x21 ? 36 : 0;
  const body = header.subarray(V2_FIXED_BYTES);
  // Families other than TCP over IP carry nothing we could use; their TLVs cannot be found then, and need not.
  const known = addresses > 0 && body.length >= addresses;
  if (command === 0x21 && addresses > 0 && !known) return undefined;
  if (known && !areTlvsSound(header, V2_FIXED_BYTES + addresses)) return undefined;
  if (command === 0x20 || !known) return { kind: 'local' };
  const size = family === 0x11 ? 4 : 16;
  return {
    kind: 'proxied',
    source: { address: unmapped(ipText(body.subarray(0, size))), port: body.readUInt16BE(2 * size) },
    destination: { address: unmapped(ipText(body.subarray(size, 2 * size))), port: body.readUInt16BE(2 * size + 2) },
  };
}

/** Every TLV lies within the header, and the checksum, where there is one, is right (section 2.2.4). */
function areTlvsSound(header: Buffer, start: number): boolean {
  for (let at = start; at < header.length; ) {
    if (at + 3 > header.length) return false;
    const length = header.readUInt16BE(at + 1);
    const end = at + 3 + length;
    if (end > header.length) return false;
    if (header[at] === TLV_CRC32C && (length !== 4 || !isChecksumRight(header, at + 3))) return false;
    at = end;
  }
  return true;
}

/** The checksum covers the whole header with the checksum's own bytes as zeros (section 2.2.3). */
function isChecksumRight(header: Buffer, at: number): boolean {
  const zeroed = Buffer.from(header);
  zeroed.fill(0, at, at + 4);
  return crc32c(zeroed) === header.readUInt32BE(at);
}

/** Ends of different families, or unknown ones, are written as UNKNOWN (v1) or UNSPEC (v2). */
export function encodeProxyHeader(version: 'v1' | 'v2', facts: ProxyFacts): Buffer {
  const ends = sameFamily(facts);
  return version === 'v1' ? encodeV1(ends) : encodeV2(ends, facts.tls);
}

interface Ends {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly family: 4 | 6;
}

function encodeV1(ends: Ends | undefined): Buffer {
  if (ends === undefined) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  const { source, destination, family } = ends;
  return Buffer.from(`PROXY TCP${family} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`, 'latin1');
}

function encodeV2(ends: Ends | undefined, tls: TlsFacts | undefined): Buffer {
  const body = Buffer.concat([ends === undefined ? Buffer.alloc(0) : addressBlock(ends), ...(tls === undefined ? [] : tlsTlvs(tls))]);
  const fixed = Buffer.concat([V2_SIGNATURE, Buffer.from([0x21, ends === undefined ? 0x00 : ends.family === 4 ? 0x11 : 0x21, 0, 0])]);
  fixed.writeUInt16BE(body.length, 14);
  return Buffer.concat([fixed, body]);
}

function addressBlock({ source, destination }: Ends): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port, 0);
  ports.writeUInt16BE(destination.port, 2);
  return Buffer.concat([...[source, destination].map(({ address }) => ipBytes(address) ?? Buffer.alloc(0)), ports]);
}

/** Section 2.2.5: what the client asked for and how the connection is protected. */
function tlsTlvs(tls: TlsFacts): Buffer[] {
  const named = tls.peerName !== undefined;
  const ssl = Buffer.concat([
    Buffer.from([named ? SSL_CLIENT | SSL_CERTIFICATE_CONNECTION : SSL_CLIENT, 0, 0, 0, named && tls.peerVerified ? 0 : 1]),
    tlv(TLV_SSL_VERSION, tls.version),
    ...(tls.peerName === undefined ? [] : [tlv(TLV_SSL_CN, tls.peerName)]),
    tlv(TLV_SSL_CIPHER, tls.cipher),
  ]);
  return [
    ...(tls.alpn === undefined ? [] : [tlv(TLV_ALPN, tls.alpn)]),
    ...(tls.serverName === undefined ? [] : [tlv(TLV_AUTHORITY, tls.serverName)]),
    tlv(TLV_SSL, ssl),
  ];
}

function tlv(type: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** Both ends in one family: an IPv4 end beside an IPv6 one is written as a mapped address. */
function sameFamily({ source, destination }: ProxyFacts): Ends | undefined {
  if (source === undefined || destination === undefined) return undefined;
  const ends = [source, destination].map(({ address, port }) => ({ address: unmapped(withoutZone(address)), port }));
  const family = ends.every(({ address }) => isIPv4(address)) ? 4 : 6;
  const [from, to] = ends.map(({ address, port }) => ({ address: family === 6 && isIPv4(address) ? `::ffff:${address}` : address, port }));
  return from === undefined || to === undefined ? undefined : { source: from, destination: to, family };
}

function isPlainIpv6(text: string): boolean {
  return isIpv6(text) && !text.includes('%');
}

/** 0 to 65535 in decimal digits without leading zeros. */
function parsePort(text: string): number | undefined {
  if (text === '' || text.length > 5 || (text.startsWith('0') && text !== '0')) return undefined;
  for (const character of text) if (character < '0' || character > '9') return undefined;
  const port = Number(text);
  return port > 65_535 ? undefined : port;
}

/** Whether the bytes so far could be the beginning of `pattern`, or begin with it. */
function startsLike(bytes: Buffer, pattern: Buffer): boolean {
  const length = Math.min(bytes.length, pattern.length);
  return bytes.subarray(0, length).equals(pattern.subarray(0, length));
}
