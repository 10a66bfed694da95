/**
 * Host names: the one place that says what a name is, how it is compared, and why something is none. A name that was configured, one
 * that a client named and one that a certificate is asked for all pass here, so that what is sent can also be verified. Most of it
 * came from the network: what is not plainly a host name is nothing at all, so that odd spellings (`127.1`, `0x7f000001`, `a..b`,
 * `pay.example/é.attacker.example`) never name.
 */
import { domainToASCII } from 'node:url';
import { printable } from '../text/printable.ts';
import { ipVersion, numericIpv4, withoutBrackets } from './ip.ts';

/** `dns`: as `hostName` gives it. `ip`: a literal, without brackets and zone. */
export type Host = { readonly kind: 'dns'; readonly name: string } | { readonly kind: 'ip'; readonly address: string };

export type HostNameReading = { readonly ok: true; readonly name: string } | { readonly ok: false; readonly why: string };

const MAX_NAME = 253;
const MAX_LABEL = 63;

/**
 * Reads a host name as people and protocols write it: letter case and one trailing dot do not matter, labels other than ASCII become
 * A-labels (IDNA, UTS 46). Labels hold letters, digits, hyphens and underscores; the last two in any place, since such names are in
 * use and DNS, browsers and OpenSSL take them.
 * @returns the name in lower case, A-labels, without trailing dot, at most 253 characters with labels of at most 63; or why it is none,
 *   in words that continue `"..." is not a host name: `
 */
export function readHostName(text: string): HostNameReading {
  if (ipVersion(withoutBrackets(text)) !== 0) return none('it is an IP address');
  if (text.length > MAX_NAME + 1) return none(`it has more than ${MAX_NAME} characters`);
  // Before IDNA, which reads a URL's host: it would cut at / ? # and \, decode %41, and drop tabs and line ends.
  const foreign = foreignCharacter(text);
  if (foreign !== undefined) return none(`it holds "${printable(foreign)}"`);
  const ascii = isAscii(text) ? text.toLowerCase() : domainToASCII(text);
  if (ascii === '' && text !== '') return none('it is no valid international name');
  return readLabels(ascii.endsWith('.') ? ascii.slice(0, -1) : ascii);
}

/** The name as `readHostName` gives it, or undefined for what is none. */
export function hostName(text: string): string | undefined {
  const read = readHostName(text);
  return read.ok ? read.name : undefined;
}

/** Whether a text is a host name in the very form in which names are compared. */
export function isHostName(text: string): boolean {
  return hostName(text) === text;
}

/** In lower case and without one trailing dot: for texts that need not be host names, like patterns. */
export function foldedName(text: string): string {
  const lower = text.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * Reads a host as it stands in a URL or header, without port.
 * @param text a name (IDNs as UTF-8 or A-labels), an IPv4 literal, or an IPv6 literal with or without brackets
 * @returns undefined for whatever is neither, also for numbers that some resolvers take as IPv4 addresses
 */
export function parseHost(text: string): Host | undefined {
  const bracketed = text.startsWith('[');
  const bare = bracketed ? withoutBrackets(text) : text;
  const version = ipVersion(bare);
  if (version !== 0) {
    const wrong = bare.includes('%') || (bracketed && version !== 6);
    return wrong ? undefined : { kind: 'ip', address: bare.toLowerCase() };
  }
  const name = hostName(text);
  return name === undefined ? undefined : { kind: 'dns', name };
}

/** @param name ASCII, lower case, without trailing dot */
function readLabels(name: string): HostNameReading {
  if (name.length > MAX_NAME) return none(`it has more than ${MAX_NAME} characters`);
  const foreign = foreignCharacter(name);
  if (foreign !== undefined) return none(`it stands for a name with "${printable(foreign)}"`);
  const labels = name.split('.');
  if (labels.includes('')) return none(name === '' ? 'it is empty' : 'it has an empty label');
  if (labels.some((label) => label.length > MAX_LABEL)) return none(`a label of it has more than ${MAX_LABEL} characters`);
  if (numericIpv4(name) !== undefined) return none('it ends in a number, as only an address does');
  return { ok: true, name };
}

function none(why: string): HostNameReading {
  return { ok: false, why };
}

/** The first ASCII character that no name holds. */
function foreignCharacter(text: string): string | undefined {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x7f && !isNameCharacter(code)) return text.charAt(index);
  }
  return undefined;
}

function isNameCharacter(code: number): boolean {
  const letter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
  return letter || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e || code === 0x5f;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
