/**
 * `certProfile = strict`: what a careful verifier refuses although OpenSSL accepts it (RFC 5280, RFC 9525, the CA/Browser Forum's
 * rules). Applies beside a verified chain only: a pinned peer may well be its own self-signed authority, and so may one whose own
 * certificate stands among the trusted ones. Clients need no name: what is asked of them is who issued their certificate.
 */
import type { X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import { EXTENSION, KEY_USAGE, readCertificate } from '../certificate/certificate-facts.ts';
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
  return authorityProblem(leaf, facts, anchors) ?? nameProblem(facts, role) ?? chainProblem(facts, issuers);
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
  return names.dns.some(hasOddWildcard) ? 'wildcard that is not the whole left-most label' : undefined;
}

const STAR = 0x2a;
const DOT = 0x2e;

/** `f*.example.com`, `a.*.com`, `*` alone. */
function hasOddWildcard(name: Buffer): boolean {
  const last = name.lastIndexOf(STAR);
  return last > 0 || (last === 0 && name[1] !== DOT);
}

function chainProblem(facts: CertificateFacts, authorities: readonly X509Certificate[]): string | undefined {
  for (const authority of authorities) {
    const issuer = readCertificate(authority.raw);
    if (issuer !== undefined && isDsa(issuer.publicKeyInfo)) return 'DSA key in the chain';
    const constraints = issuer?.extensions.get(EXTENSION.nameConstraints);
    if (constraints !== undefined && excludes(constraints, facts)) return 'wildcard reaches into an excluded subtree';
  }
  return undefined;
}

/** OID 1.2.840.10040.4.1 in the AlgorithmIdentifier of a SubjectPublicKeyInfo. */
function isDsa(publicKeyInfo: Buffer): boolean {
  const algorithm = readConstructed(publicKeyInfo, DER.sequence)?.[0];
  const oid = algorithm === undefined ? undefined : readChildren(algorithm.content)?.[0];
  return oid?.content.toString('hex') === '2a8648ce380401';
}

/** nameConstraints: excludedSubtrees is [1], in each subtree the base comes first and a dNSName is [2]. */
function excludes(constraints: Buffer, facts: CertificateFacts): boolean {
  const excluded = readConstructed(constraints, DER.sequence)?.find((part) => part.tag === 0xa1);
  const bases = excluded === undefined ? [] : (readChildren(excluded.content) ?? []).map((subtree) => readChildren(subtree.content)?.[0]);
  const subtrees = bases.filter((base) => base?.tag === 0x82).map((base) => lowerCase(base?.content as Buffer));
  const parents = facts.names.dns.filter((name) => name[0] === STAR).map((name) => lowerCase(name).slice(1));
  return subtrees.some((subtree) => parents.some((parent) => `.${withoutDot(subtree)}`.endsWith(parent)));
}

function lowerCase(name: Buffer): string {
  return name.toString('latin1').toLowerCase();
}

function withoutDot(subtree: string): string {
  return subtree.startsWith('.') ? subtree.slice(1) : subtree;
}
