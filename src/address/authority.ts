/** `host:port` as users, URLs and protocols write it, with brackets around IPv6 (RFC 3986 section 3.2). */
import type { Host } from './host-name.ts';
import { parseHost } from './host-name.ts';
import { withoutBrackets } from './ip.ts';

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Cuts at the last colon outside of brackets: `::1:443` is `::1` and `443`, as stunnel reads it.
 * @returns the host as written, brackets included, and the text behind the colon; `port` is undefined where there is no such colon
 */
export function splitHostPort(text: string): { readonly host: string; readonly port: string | undefined } {
  const colon = text.lastIndexOf(':');
  if (colon === -1 || colon < text.lastIndexOf(']')) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** @returns undefined without a host, or without a port of 1 to 65535 in decimal digits; the host is not judged */
export function parseHostPort(text: string): HostPort | undefined {
  const { host, port } = splitHostPort(text);
  const number = Number(port);
  const bare = withoutBrackets(host);
  if (port === undefined || bare === '' || !isPortText(port) || number < 1 || number > 65_535) return undefined;
  return { host: bare, port: number };
}

/** `::1` becomes `[::1]`; everything else stays as it is. */
export function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/**
 * The host of a URL's authority: `host`, `host:port`, `[v6]:port`, with `user@` before it ignored. The port must be a number or empty;
 * IPv6 needs its brackets.
 */
export function parseAuthority(text: string): Host | undefined {
  const { host, port } = splitHostPort(text.slice(text.lastIndexOf('@') + 1));
  const isUrl = host.startsWith('[') || !host.includes(':');
  return isUrl && (port === undefined || port === '' || isPortText(port)) ? parseHost(host) : undefined;
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

/** One to five decimal digits. */
function isPortText(text: string): boolean {
  if (text === '' || text.length > 5) return false;
  for (const character of text) if (character < '0' || character > '9') return false;
  return true;
}
