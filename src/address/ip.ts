/**
 * IP addresses: what people and programs write, one spelling of each, and the bytes. An address has many spellings, so nothing is
 * decided by comparing texts that did not come out of `ipKey`.
 */
import { SocketAddress } from 'node:net';

const MAPPED_PREFIX = '::ffff:';
/** `0000:` six times, then a dotted IPv4 address. */
const LONGEST_IPV6 = 45;
const ZONE = /^[0-9A-Za-z.:-]+$/;

/**
 * 4, 6, or 0 for what is no address; a zone may stand behind an IPv6 address. The answers are those of `net.isIP`, without the pattern
 * it has for IPv6: to compile that takes as long as a tenth of our start.
 */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (!text.includes(':')) return ipv4Number(text) === undefined ? 0 : 4;
  const bare = withoutZone(text);
  if (bare.length > LONGEST_IPV6 || !/^[0-9A-Fa-f:.]+$/.test(bare)) return 0;
  if (bare.length < text.length && !ZONE.test(text.slice(bare.length + 1))) return 0;
  try {
    new SocketAddress({ address: bare, family: 'ipv6' });
    return 6;
  } catch {
    return 0;
  }
}

/**
 * An IPv4 address as one number, its first byte the highest. Digit by digit: every connection asks several times, and a pattern takes longer.
 * @returns undefined for what is not four decimal numbers up to 255 without needless zeros
 */
export function ipv4Number(text: string): number | undefined {
  let [whole, part, digits, dots] = [0, 0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || dots === 3) return undefined;
      whole = whole * 256 + part;
      dots += 1;
      part = 0;
      digits = 0;
    } else {
      if (code < ZERO || code > NINE || (digits > 0 && part === 0)) return undefined;
      part = part * 10 + code - ZERO;
      digits += 1;
      if (part > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? whole * 256 + part : undefined;
}

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

export function isIpv6(text: string): boolean {
  return ipVersion(text) === 6;
}

const EVERY_HOST: ReadonlySet<string> = new Set(['', '*', '0.0.0.0', '::']);

/** Whether a host to listen at, as an `accept` line has it or a socket says it, stands for every address of the machine. */
export function isEveryHost(host: string): boolean {
  return EVERY_HOST.has(host);
}

/**
 * One spelling for each address, so that addresses can be keys: lower case, shortest form (RFC 5952), IPv4-mapped addresses as IPv4.
 * @returns undefined when `text` is no IP address; the zone of an IPv6 address (`%eth0`) is dropped, an IPv4 address has none
 */
export function ipKey(text: string): string | undefined {
  const bare = withoutZone(text);
  const version = ipVersion(bare);
  if (version === 0 || (version === 4 && bare.length < text.length)) return undefined;
  return version === 4 ? bare : unmapped(shortest(bare));
}

/** `::ffff:192.0.2.1`, as the system writes a mapped address, is `192.0.2.1`; anything else stays as it is. */
export function unmapped(address: string): string {
  const inner = address.startsWith(MAPPED_PREFIX) ? address.slice(MAPPED_PREFIX.length) : '';
  return ipv4Number(inner) === undefined ? address : inner;
}

/** `fe80::1%eth0` is `fe80::1`. */
export function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone === -1 ? address : address.slice(0, zone);
}

/** `[::1]` is `::1`, as URLs and our options write it (RFC 3986 section 3.2.2); anything else stays as it is. */
export function withoutBrackets(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
}

/**
 * The bytes in network order: 4, or 16 also for a mapped address.
 * @returns undefined when `text` is no IP address; the zone of an IPv6 address is dropped
 */
export function ipBytes(text: string): Buffer | undefined {
  const ipv4 = ipv4Number(text);
  if (ipv4 !== undefined) return fourBytes(ipv4);
  const bare = withoutZone(text);
  return isIpv6(bare) ? Buffer.from(groupsOf(bare).flatMap((group) => [group >> 8, group & 0xff])) : undefined;
}

function fourBytes(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** The shortest spelling of 4 or 16 bytes, a mapped address as such; what has another length is no address and comes in hexadecimal. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return `0x${Buffer.from(bytes).toString('hex')}`;
  return shortest((Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':'));
}

/**
 * IPv4 as inet_aton(3) reads it: one to four parts, each decimal, octal or hexadecimal, a dot at the end.
 * @returns the dotted form; undefined when the text does not end in a number (then it is a name); `malformed` when it does and is no
 *   address, which no host name may be either (RFC 1123 section 2.1)
 */
export function numericIpv4(text: string): string | 'malformed' | undefined {
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  const last = labels.at(-1) ?? '';
  const looksNumeric = isDigits(last, 10) || (last.toLowerCase().startsWith('0x') && isDigits(last.slice(2), 16, true));
  if (!looksNumeric) return undefined;
  const numbers = labels.map(parsePart);
  const rest = numbers.pop();
  if (labels.length > 4 || rest === undefined || rest >= 256 ** (4 - numbers.length)) return 'malformed';
  let value = rest;
  for (const [index, number] of numbers.entries()) {
    if (number === undefined || number > 255) return 'malformed';
    value += number * 256 ** (3 - index);
  }
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** One part: decimal, octal with a leading 0, hexadecimal with a leading 0x. */
function parsePart(text: string): number | undefined {
  if (text.toLowerCase().startsWith('0x')) return isDigits(text.slice(2), 16, true) ? Number.parseInt(text.slice(2) || '0', 16) : undefined;
  if (text.startsWith('0')) return isDigits(text, 8) ? Number.parseInt(text, 8) : undefined;
  return isDigits(text, 10) ? Number.parseInt(text, 10) : undefined;
}

function isDigits(text: string, base: 8 | 10 | 16, mayBeEmpty = false): boolean {
  const digits = '0123456789abcdef'.slice(0, base);
  for (const character of text.toLowerCase()) if (!digits.includes(character)) return false;
  return mayBeEmpty || text !== '';
}

/** @param address IPv6, valid, without zone */
function shortest(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** The eight groups of 16 bits. @param address IPv6, valid, without zone */
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
