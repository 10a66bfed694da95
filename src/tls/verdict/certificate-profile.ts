/**
 * `certProfile = strict`: what a careful verifier refuses although OpenSSL accepts it (RFC 5280, RFC 9525, the CA/Browser Forum's
 * rules), beside OpenSSL's own strict flag. Applies beside a verified chain only: a pinned peer may well be its own self-signed
 * authority, and so may one whose own certificate stands among the trusted ones. Clients need no name: what is asked of them is who
 * issued their certificate. A leaf needs no subject key identifier, which RFC 5280 recommends and the Forum advises against.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import { EXTENSION, factsOf, KEY_USAGE } from '../certificate/certificate-facts.ts';
import { isDnsName, isMailName, matchAddress } from '../certificate/certificate-names.ts';
import { DER, readChildren, readConstructed } from '../certificate/der-reader.ts';
import type { PeerRole } from '../certificate/leaf-checks.ts';
import type { Anchors } from './chain.ts';

/**
 * @param issuers the certificates above it
 * @param anchors the trusted certificates
 * @param role what the peer is
 * @returns what is wrong, as a text for the log; undefined when nothing is
 */
export function profileProblem(
  leaf: X509Certificate,
  facts: CertificateFacts,
  issuers: readonly X509Certificate[],
  anchors: Anchors,
  role: PeerRole,
): string | undefined {
  return (
    authorityProblem(leaf, facts, anchors) ??
    nameProblem(facts, role) ??
    subjectProblem(leaf, facts, role) ??
    extensionProblem(facts) ??
    keyProblem(leaf.publicKey) ??
    chainProblem(issuers)
  );
}

/** A certificate that could issue others is no peer's, unless it was trusted by itself (`openssl req -x509` makes such ones). */
function authorityProblem(leaf: X509Certificate, facts: CertificateFacts, anchors: Anchors): string | undefined {
  if (facts.version !== 3) return `version ${facts.version} certificate`;
  const problem = facts.authority
    ? 'CA certificate used as a peer certificate'
    : ((facts.keyUsage ?? 0) & KEY_USAGE.keyCertSign) !== 0
      ? 'keyCertSign on a peer certificate'
      : undefined;
  return problem !== undefined && anchors.has(leaf) ? undefined : problem;
}

function nameProblem({ names }: CertificateFacts, role: PeerRole): string | undefined {
  const count = names.dns.length + names.addresses.length + names.emails.length;
  if (role === 'server' && count === 0) return 'no subjectAltName to identify the peer';
  if (names.dns.some(hasOddWildcard)) return 'wildcard that is not the whole left-most label';
  if (names.dns.some((name) => name.includes(UNDERSCORE))) return 'underscore in a DNS name';
  if (!names.dns.every(isDnsName)) return 'subjectAltName with an invalid DNS name';
  return names.emails.every(isMailName) ? undefined : 'subjectAltName with an invalid mail address';
}

const STAR = 0x2a;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;

/** `f*.example.com`, `a.*.com`, `*` alone. */
function hasOddWildcard(name: Buffer): boolean {
  const last = name.lastIndexOf(STAR);
  return last > 0 || (last === 0 && name[1] !== DOT);
}

/** The subject of a server says nothing its alternative names do not say; without one those are what counts, and must be critical. */
function subjectProblem(leaf: X509Certificate, facts: CertificateFacts, role: PeerRole): string | undefined {
  const hasNames = facts.extensions.has(EXTENSION.subjectAltName);
  if (isEmpty(facts.subject) && hasNames && !facts.critical.has(EXTENSION.subjectAltName)) {
    return 'empty subject without a critical subjectAltName';
  }
  if (role === 'client') return undefined;
  return commonNames(leaf).every((name) => isAmong(facts, name)) ? undefined : 'common name that is no subjectAltName';
}

function isEmpty(name: Buffer): boolean {
  return readConstructed(name, DER.sequence)?.length === 0;
}

const COMMON_NAME = 'CN=';

/** As Node writes them, one attribute a line, with the escapes of RFC 2253: what holds one is no host name. */
function commonNames({ subject }: X509Certificate): readonly string[] {
  const lines = (subject ?? '').split('\n');
  return lines.filter((line) => line.startsWith(COMMON_NAME)).map((line) => line.slice(COMMON_NAME.length));
}

function isAmong({ names }: CertificateFacts, name: string): boolean {
  const wanted = name.toLowerCase();
  return names.dns.some((one) => lowerCase(one) === wanted) || matchAddress(names, name) !== undefined;
}

/** Of the leaf alone. */
function extensionProblem({ authority, extensions, critical, issuer, subject }: CertificateFacts): string | undefined {
  if (!extensions.has(EXTENSION.authorityKeyIdentifier) && !issuer.equals(subject)) return 'no authority key identifier';
  if (extensions.has(EXTENSION.nameConstraints) && !authority) return 'name constraints in a peer certificate';
  const access = extensions.get(EXTENSION.authorityInfoAccess);
  if (access === undefined) return undefined;
  return isAccess(access) && !critical.has(EXTENSION.authorityInfoAccess) ? undefined : 'malformed authority information access';
}

const URI = 0x86;

/** RFC 5280 section 4.2.2.1: one description at least, each a method and a place; a place that is a URI is one. */
function isAccess(value: Buffer): boolean {
  const descriptions = readConstructed(value, DER.sequence);
  if (descriptions === undefined || descriptions.length === 0) return false;
  return descriptions.every((description) => {
    const parts = description.tag === DER.sequence ? readChildren(description.content) : undefined;
    const [method, place] = parts ?? [];
    if (parts?.length !== 2 || method?.tag !== DER.objectIdentifier || place === undefined) return false;
    return (place.tag & CONTEXT_CLASS) === CONTEXT_CLASS && (place.tag !== URI || URL.canParse(place.content.toString('latin1')));
  });
}

const CONTEXT_CLASS = 0x80;

/** Keys that no maker of keys makes: the sign of a broken one. */
function keyProblem(key: KeyObject): string | undefined {
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'dsa') return 'DSA key in the chain';
  return key.asymmetricKeyType?.startsWith('rsa') === true && (modulusLength ?? 0) % 8 !== 0 ? ODD_RSA : undefined;
}

const ODD_RSA = 'RSA key whose length is not divisible by 8';

function chainProblem(authorities: readonly X509Certificate[]): string | undefined {
  for (const authority of authorities) {
    const facts = factsOf(authority);
    if (facts === undefined) return 'malformed certificate of an authority';
    const problem = keyProblem(authority.publicKey) ?? issuerProblem(facts);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function issuerProblem({ extensions, critical, issuer, subject }: CertificateFacts): string | undefined {
  if (!critical.has(EXTENSION.basicConstraints)) return 'CA certificate without critical basic constraints';
  if (!extensions.has(EXTENSION.subjectKeyIdentifier)) return 'CA certificate without a subject key identifier';
  const isRoot = issuer.equals(subject);
  return isRoot || extensions.has(EXTENSION.authorityKeyIdentifier) ? undefined : 'CA certificate without an authority key identifier';
}

/**
 * Whatever the profile: does a wildcard of the leaf stand for a name that an authority above it may not issue for? OpenSSL compares it as
 * if the star were a label of its own.
 */
export function wildcardIsExcluded({ names }: CertificateFacts, issuers: () => readonly X509Certificate[]): boolean {
  if (!names.dns.some((name) => name[0] === STAR)) return false;
  const parents = names.dns.filter((name) => name[0] === STAR).map((name) => lowerCase(name).slice(1));
  const subtrees = issuers().flatMap((issuer) => excludedNames(issuer));
  return subtrees.some((subtree) => parents.some((parent) => `.${withoutDot(subtree)}`.endsWith(parent)));
}

/** nameConstraints: excludedSubtrees is [1], in each subtree the base comes first and a dNSName is [2]. */
function excludedNames(issuer: X509Certificate): readonly string[] {
  const constraints = factsOf(issuer)?.extensions.get(EXTENSION.nameConstraints);
  const parts = constraints === undefined ? undefined : readConstructed(constraints, DER.sequence);
  const excluded = parts?.find((part) => part.tag === 0xa1);
  const bases = excluded === undefined ? [] : (readChildren(excluded.content) ?? []).map((subtree) => readChildren(subtree.content)?.[0]);
  return bases.flatMap((base) => (base?.tag === 0x82 ? [lowerCase(base.content)] : []));
}

function lowerCase(name: Buffer): string {
  return name.toString('latin1').toLowerCase();
}

function withoutDot(subtree: string): string {
  return subtree.startsWith('.') ? subtree.slice(1) : subtree;
}
