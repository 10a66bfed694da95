/**
 * Host names as clients write them, turned into what may be sent as SNI and verified. Everything here came from the network: what
 * is not plainly a host name or an IP address is nothing at all, so that odd spellings (`127.1`, `0x7f000001`, `a..b`) never name.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** `dns`: lower case, A-labels, no trailing dot, at most 253 characters. `ip`: a literal, without brackets and zone. */
export type Host = { readonly kind: 'dns'; readonly name: string } | { readonly kind: 'ip'; readonly address: string };

const MAX_NAME = 253;
const MAX_LABEL = 63;

/**
 * Reads a host as it stands in a URL or header, without port.
 * @param text a name (IDNs as UTF-8 or A-labels), an IPv4 literal, or an IPv6 literal with or without brackets
 * @returns undefined for whatever is neither, also for numbers that some resolvers take as IPv4 addresses
 */
export function parseHost(text: string): Host | undefined {
  if (text.length === 0 || text.length > MAX_NAME + 1) return undefined;
  if (text.startsWith('[')) return text.endsWith(']') ? parseIp(text.slice(1, -1), 6) : undefined;
  const ip = parseIp(text, undefined);
  if (ip !== undefined) return ip;
  const ascii = isAscii(text) ? text.toLowerCase() : toAscii(text);
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  return isDnsName(name) ? { kind: 'dns', name } : undefined;
}

/** Reads `host`, `host:port`, `[v6]:port`, with `user@` before it ignored (RFC 3986 3.2). The port must be a number or empty. */
export function parseAuthority(text: string): Host | undefined {
  const hostPort = text.slice(text.lastIndexOf('@') + 1);
  if (hostPort.startsWith('[')) {
    const close = hostPort.indexOf(']');
    if (close === -1 || !isPortSuffix(hostPort.slice(close + 1))) return undefined;
    return parseHost(hostPort.slice(0, close + 1));
  }
  const colon = hostPort.indexOf(':');
  if (colon === -1) return parseHost(hostPort);
  return isPortSuffix(hostPort.slice(colon)) ? parseHost(hostPort.slice(0, colon)) : undefined;
}

/** The authority part of an absolute URL of any scheme (`rtmp://host:1935/app`), or undefined where there is none. */
export function authorityOf(url: string): string | undefined {
  const scheme = url.indexOf('://');
  if (scheme < 1) return undefined;
  const start = scheme + 3;
  let end = start;
  while (end < url.length && !'/?#\\'.includes(url.charAt(end))) end++;
  return end === start ? undefined : url.slice(start, end);
}

function parseIp(text: string, family: 6 | undefined): Host | undefined {
  const version = isIP(text);
  if (version === 0 || text.includes('%') || (family !== undefined && version !== family)) return undefined;
  return { kind: 'ip', address: text.toLowerCase() };
}

function isPortSuffix(suffix: string): boolean {
  if (suffix === '') return true;
  if (!suffix.startsWith(':') || suffix.length > 6) return false;
  for (const digit of suffix.slice(1)) if (digit < '0' || digit > '9') return false;
  return true;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** IDNA; '' when it is not one. Only the non-ASCII part is its business: an ASCII byte that no name holds must not be mapped away. */
function toAscii(text: string): string {
  for (const char of text) if (char <= '\u007f' && !isLabelChar(char.toLowerCase().charCodeAt(0)) && char !== '.') return '';
  return domainToASCII(text);
}

/** Letters, digits, hyphen and (seen in the wild) underscore; no empty label; the last label is not a number. */
function isDnsName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_NAME) return false;
  let labelLength = 0;
  let numeric = true;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code === 0x2e) {
      if (labelLength === 0) return false;
      labelLength = 0;
      numeric = true;
      continue;
    }
    if (!isLabelChar(code) || ++labelLength > MAX_LABEL) return false;
    numeric &&= code >= 0x30 && code <= 0x39;
  }
  return labelLength > 0 && !numeric && !isHexNumber(name.slice(name.lastIndexOf('.') + 1));
}

function isLabelChar(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
}

/** `0x7f000001` and the like: the last label of what inet_aton takes as an address. */
function isHexNumber(label: string): boolean {
  if (!label.startsWith('0x')) return false;
  for (const char of label.slice(2)) if (!'0123456789abcdef'.includes(char)) return false;
  return true;
}
