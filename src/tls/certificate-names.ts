/**
 * Is this certificate for the name we meant (RFC 9525)? Only subjectAltName counts, never the common name; entries are compared
 * as bytes of their own type, so an address inside a dNSName, a NUL or a wildcard in the wrong place match nothing. Stricter than
 * OpenSSL's own check, which still takes the common name and partial wildcards. Never throws.
 */
import { domainToASCII } from 'node:url';
import type { SubjectNames } from './certificate-facts.ts';
import { addressBytes } from './ip-bytes.ts';

const MAX_NAME = 253;
const MAX_LABEL = 63;

/**
 * The dNSName that covers `reference`, or undefined.
 * @param reference a host name; letter case and one trailing dot do not matter, other than ASCII becomes A-labels. An IP address
 *   matches nothing here: that is `matchAddress`.
 */
export function matchHost(names: SubjectNames, reference: string): string | undefined {
  const host = normalHost(reference);
  if (host === undefined) return undefined;
  return names.dns.map(presentedName).find((presented) => presented !== undefined && covers(presented, host));
}

/** The iPAddress entry equal to `reference`, as it was given, or undefined. Mapped IPv4 (::ffff:a.b.c.d) counts as IPv4. */
export function matchAddress(names: SubjectNames, reference: string): string | undefined {
  const bytes = addressBytes(reference);
  return bytes !== undefined && names.addresses.some((presented) => presented.equals(bytes)) ? reference : undefined;
}

/** The rfc822Name equal to `reference`: local part exactly, host without regard to letter case (RFC 5280 section 7.5). */
export function matchEmail(names: SubjectNames, reference: string): string | undefined {
  const wanted = normalEmail(Buffer.from(reference, 'utf8'));
  if (wanted === undefined) return undefined;
  return names.emails.some((presented) => normalEmail(presented) === wanted) ? reference : undefined;
}

/** A host name in lower case, without trailing dot, as A-labels; undefined for what cannot be one (addresses included). */
export function normalHost(text: string): string | undefined {
  const ascii = isAscii(text) ? text.toLowerCase() : domainToASCII(text);
  const host = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (host.length === 0 || host.length > MAX_NAME) return undefined;
  const labels = host.split('.');
  // A last label of digits alone can only be meant as an address (RFC 1123 section 2.1): `127.1` is nobody's name. No label holds `:`.
  return labels.every(isLabel) && !isNumber(labels.at(-1) ?? '') ? host : undefined;
}

/** A dNSName as text if it is one: LDH labels (underscores are met in practice), a `*` alone as first label at most. */
function presentedName(bytes: Buffer): string | undefined {
  if (bytes.length === 0 || bytes.length > MAX_NAME) return undefined;
  const name = bytes.toString('latin1').toLowerCase();
  const plain = name.startsWith('*.') ? name.slice(2) : name;
  return plain.split('.').every(isLabel) ? name : undefined;
}

function covers(presented: string, host: string): boolean {
  if (!presented.startsWith('*.')) return presented === host;
  const parent = presented.slice(1);
  // `*.com` would cover everybody; `*.example.com` covers one label, not the parent and not two
  if (!parent.slice(1).includes('.') || !host.endsWith(parent)) return false;
  const label = host.slice(0, -parent.length);
  return label.length > 0 && !label.includes('.');
}

/** Letters, digits, hyphens inside, underscores; expects lower case. Walked by hand: the input is the peer's. */
function isLabel(label: string): boolean {
  if (label.length === 0 || label.length > MAX_LABEL || label.startsWith('-') || label.endsWith('-')) return false;
  for (let index = 0; index < label.length; index += 1) {
    const code = label.charCodeAt(index);
    const allowed = (code >= 0x61 && code <= 0x7a) || isDigit(code) || code === 0x2d || code === 0x5f;
    if (!allowed) return false;
  }
  return true;
}

function isNumber(label: string): boolean {
  for (let index = 0; index < label.length; index += 1) {
    if (!isDigit(label.charCodeAt(index))) return false;
  }
  return true;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

function normalEmail(bytes: Buffer): string | undefined {
  if (bytes.some((byte) => byte <= 0x20 || byte >= 0x7f)) return undefined;
  const text = bytes.toString('latin1');
  const at = text.lastIndexOf('@');
  if (at <= 0 || at === text.length - 1) return undefined;
  return `${text.slice(0, at)}@${text.slice(at + 1).toLowerCase()}`;
}
