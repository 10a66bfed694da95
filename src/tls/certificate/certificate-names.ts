/**
 * Is this certificate for the name we meant (RFC 9525)? Only subjectAltName counts, never the common name; entries are compared
 * as bytes of their own type, so an address inside a dNSName, a NUL or a wildcard in the wrong place match nothing. Stricter than
 * OpenSSL's own check, which still takes the common name and partial wildcards. Never throws.
 */
import { hostName, isHostName } from '../../address/host-name.ts';
import { ipBytes, ipKey } from '../../address/ip.ts';
import type { SubjectNames } from './certificate-facts.ts';

const MAX_PRESENTED = 253;

/**
 * The dNSName that covers `reference`, or undefined.
 * @param reference a host name, as `hostName` reads it. An IP address matches nothing here: that is `matchAddress`.
 */
export function matchHost(names: SubjectNames, reference: string): string | undefined {
  const host = wantedHost(reference);
  if (host === undefined) return undefined;
  return presentedNames(names).find((presented) => covers(presented, host));
}

/** What was asked for last: most connections ask for what the one before has asked for. */
let last: { readonly reference: string; readonly host: string | undefined } = { reference: '', host: undefined };

function wantedHost(reference: string): string | undefined {
  if (last.reference !== reference) last = { reference, host: hostName(reference) };
  return last.host;
}

const presentedBy = new WeakMap<SubjectNames, readonly string[]>();

/** Read once: a client that resumes asks about the same certificate at each connection. */
function presentedNames(names: SubjectNames): readonly string[] {
  return presentedBy.getOrInsertComputed(names, ({ dns }) => dns.map(presentedName).filter((name) => name !== undefined));
}

/** The iPAddress entry equal to `reference`, as it was given, or undefined. Mapped IPv4 (::ffff:a.b.c.d) counts as IPv4. */
export function matchAddress(names: SubjectNames, reference: string): string | undefined {
  const bytes = ipBytes(ipKey(reference) ?? '');
  return bytes !== undefined && names.addresses.some((presented) => presented.equals(bytes)) ? reference : undefined;
}

/** The rfc822Name equal to `reference`: local part exactly, host without regard to letter case (RFC 5280 section 7.5). */
export function matchEmail(names: SubjectNames, reference: string): string | undefined {
  const wanted = normalEmail(Buffer.from(reference, 'utf8'));
  if (wanted === undefined) return undefined;
  return names.emails.some((presented) => normalEmail(presented) === wanted) ? reference : undefined;
}

/**
 * The uniformResourceIdentifier that `reference` asks for. A URI is compared byte by byte, as SPIFFE has it (a trust domain is in lower case
 * by definition); one that ends in `/*` stands for everything below it. A SPIFFE identity counts only where it is the certificate's
 * only URI (X509-SVID section 2).
 */
export function matchUri(names: SubjectNames, reference: string): string | undefined {
  const presented = names.uris.filter((uri) => uri.length <= MAX_URI).map((uri) => uri.toString('latin1'));
  if (reference.startsWith(SPIFFE) && names.uris.length !== 1) return undefined;
  if (!reference.endsWith('/*')) return presented.find((uri) => uri === reference);
  const above = reference.slice(0, -1);
  return presented.find((uri) => uri.startsWith(above) && uri.length > above.length && !climbs(uri));
}

const SPIFFE = 'spiffe://';
/** SPIFFE-ID section 2.3. */
const MAX_URI = 2048;

/** A path with `..` in it is somewhere else than it looks. */
function climbs(uri: string): boolean {
  return uri.split('/').some((part) => part === '..' || part === '.') || uri.includes('%');
}

/** Is a dNSName one that could name a host, and an rfc822Name one that could name a mailbox? */
export function isDnsName(bytes: Buffer): boolean {
  return presentedName(bytes) !== undefined;
}

export function isMailName(bytes: Buffer): boolean {
  const mail = normalEmail(bytes) ?? '';
  const at = mail.lastIndexOf('@');
  return isLocalPart(mail.slice(0, at)) && isHostName(mail.slice(at + 1));
}

/** What no atom holds (RFC 5322 section 3.2.3), blanks and controls aside. */
const SPECIALS: ReadonlySet<string> = new Set('()<>[]:;@\\,"');

/** Atoms with dots between them, or a quoted string (RFC 5321 section 4.1.2). */
function isLocalPart(text: string): boolean {
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) return true;
  return text.split('.').every((atom) => atom !== '' && [...atom].every((character) => !SPECIALS.has(character)));
}

/** A dNSName as text if it is one: a host name in A-labels without trailing dot, a `*` alone as first label at most. */
function presentedName(bytes: Buffer): string | undefined {
  if (bytes.length > MAX_PRESENTED) return undefined;
  const name = bytes.toString('latin1').toLowerCase();
  return isHostName(name.startsWith('*.') ? name.slice(2) : name) ? name : undefined;
}

function covers(presented: string, host: string): boolean {
  if (!presented.startsWith('*.')) return presented === host;
  const parent = presented.slice(1);
  // `*.com` would cover everybody; `*.example.com` covers one label, not the parent and not two
  if (!parent.slice(1).includes('.') || !host.endsWith(parent)) return false;
  const label = host.slice(0, -parent.length);
  return label.length > 0 && !label.includes('.');
}

function normalEmail(bytes: Buffer): string | undefined {
  if (bytes.some((byte) => byte <= 0x20 || byte >= 0x7f)) return undefined;
  const text = bytes.toString('latin1');
  const at = text.lastIndexOf('@');
  if (at <= 0 || at === text.length - 1) return undefined;
  return `${text.slice(0, at)}@${text.slice(at + 1).toLowerCase()}`;
}
