/**
 * Decides whether the peer of a finished handshake is the one we want. Node finishes the handshake before anybody can look, so
 * this runs after it and nothing of the application may cross in either direction before it has said yes. The order is stunnel's:
 * chain, then the subject checks, then the local certificates; our pins come last.
 */
import type { X509Certificate } from 'node:crypto';
import type { ServiceConfig, VerifyConfig } from '../../config/config.ts';
import type { CertificateCheck, CertificateEvent } from '../../observe/certificate-events.ts';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import { readCertificate } from '../certificate/certificate-facts.ts';
import type { PeerRole } from '../certificate/leaf-checks.ts';
import { checkDates, checkLeaf, namelessProblem } from '../certificate/leaf-checks.ts';
import { subjectText } from '../certificate/subject-text.ts';
import type { RevocationLists } from '../revocation/crl-check.ts';
import type { OcspCheck, OcspOutcome } from '../revocation/ocsp-check.ts';
import { profileProblem } from './certificate-profile.ts';
import type { Anchors, Blamed } from './chain.ts';
import { blamedFor, chainErrorText, issuersOf } from './chain.ts';
import type { LocalCertificates, PinSet } from './pin.ts';
import { matchPin } from './pin.ts';
import { hasSubjectChecks, matchServerName, matchSubject } from './subject-checks.ts';

/** What is known of the peer when the handshake has finished. */
export interface Peer {
  /** The leaf; on a resumed session the one kept beside it. */
  readonly certificate: X509Certificate | undefined;
  /** OpenSSL's code from `authorizationError`, e.g. `CERT_HAS_EXPIRED`; undefined when the chain was found good. */
  readonly chainError: string | undefined;
  readonly resumed: boolean;
  /** A pre-shared key took the place of certificates. */
  readonly psk: boolean;
  /** The OCSP response it stapled to the handshake. */
  readonly staple: Buffer | undefined;
}

/** A peer, and whom we wanted. */
export interface PeerFacts extends Peer {
  /** The name that was learnt or sent; verified where the service says so. */
  readonly serverName: string | undefined;
  /** The address that was dialled, for names that are IP addresses. */
  readonly address: string | undefined;
}

export type Verdict =
  | {
      readonly accepted: true;
      /** How the peer was verified, for people: `chain and name`, `pin`, `not verified`. */
      readonly how: string;
      readonly events: readonly CertificateEvent[];
    }
  | {
      readonly accepted: false;
      /** The `CERT: ...` and `Rejected by ...` lines in order. */
      readonly events: readonly CertificateEvent[];
      /** As OpenSSL would have said it, for `SSL_connect: ...` and `SSL_accept: ...`. */
      readonly message: string;
    };

/** The decision of one service. Returns a promise only when something has to be asked over the network (OCSP). */
export interface Verifier {
  verify(peer: PeerFacts): Verdict | Promise<Verdict>;
}

/** What a service trusts, loaded. */
export interface Trust {
  readonly anchors: Anchors;
  /** For verifyPeer; undefined when the service does not ask for it. */
  readonly local: LocalCertificates | undefined;
  readonly pins: PinSet;
  /** undefined: no CRLfile or CRLpath. */
  readonly revocationLists: RevocationLists | undefined;
  /** undefined: nobody is asked (it goes with verifyChain only). */
  readonly ocsp: OcspCheck | undefined;
}

const FAILED = 'error:0A000086:SSL routines::certificate verify failed';
const MISSING = 'error:0A0000C7:SSL routines::peer did not return a certificate';

/** @param now the wall clock; tests move it */
export function createVerifier(service: ServiceConfig, trust: Trust, now: () => Date = () => new Date()): Verifier {
  const { verify } = service;
  const pinned = trust.pins.size > 0;
  const verifies = verify.chain || verify.peer || verify.serverName || pinned || hasSubjectChecks(verify);
  return {
    verify(peer) {
      if (peer.certificate === undefined && peer.psk) return { accepted: true, how: 'pre-shared key', events: [] };
      if (peer.certificate === undefined) return withoutCertificate(verify, verifies, service.mode);
      if (!verifies) return { accepted: true, how: 'not verified', events: acceptedWithoutCheck(verify, peer.certificate) };
      return judge(service, trust, peer, peer.certificate, now());
    },
  };
}

/** Only a server whose verification is optional (verify = 0 or 1) goes on without a certificate. */
function withoutCertificate(verify: VerifyConfig, verifies: boolean, mode: 'client' | 'server'): Verdict {
  const optional = !verify.require && (mode === 'server' || !verifies);
  return optional ? { accepted: true, how: 'not verified', events: [] } : { accepted: false, events: [], message: MISSING };
}

function acceptedWithoutCheck(verify: VerifyConfig, certificate: X509Certificate): readonly CertificateEvent[] {
  return verify.request ? [{ kind: 'certificate-accepted', depth: 0, subject: subjectText(certificate) }] : [];
}

function judge(service: ServiceConfig, trust: Trust, peer: PeerFacts, leaf: X509Certificate, now: Date): Verdict | Promise<Verdict> {
  const events: CertificateEvent[] = [];
  const told = (check: CertificateCheck, outcome: 'passed' | 'failed' | 'ignored', text: string): void => {
    events.push({ kind: 'certificate-checked', check, outcome, text });
  };
  const refuse = (check: CertificateCheck, text: string, { depth, certificate }: Blamed = { depth: 0, certificate: leaf }): Verdict => {
    told(check, 'failed', text);
    events.push({ kind: 'certificate-rejected', depth, subject: subjectText(certificate), why: 'CERT' });
    return { accepted: false, events, message: FAILED };
  };
  const { verify } = service;
  const facts = readCertificate(leaf.raw);
  if (facts === undefined) return refuse('chain', 'malformed certificate');

  const before = preVerification(service, trust, peer, leaf, facts, now);
  if (before !== undefined) return refuse('chain', before.text, before.blamed);
  if (verify.chain && service.logLevel >= 6) events.push(...acceptedIssuers(leaf, trust.anchors));
  if (peer.chainError !== undefined) told('chain', 'ignored', chainErrorText(peer.chainError));

  const subject = matchSubject(verify, facts.names);
  if (!subject.matched) return refuse('subject', 'Subject checks failed');
  told('subject', 'passed', subject.text);
  if (verify.serverName && !matchServerName(facts.names, peer)) return refuse('subject', 'Subject checks failed');
  if (trust.local !== undefined) {
    if (!trust.local.matches(leaf, facts)) return refuse('local', 'Certificate not found in local repository');
    told('local', 'passed', 'Locally installed certificate matched');
  }
  if (trust.pins.size > 0) {
    if (!matchPin(facts, trust.pins)) return refuse('pin', 'Public key does not match any pin');
    told('pin', 'passed', 'Pinned public key matched');
  }
  const accepted = (): Verdict => {
    events.push({ kind: 'certificate-accepted', depth: 0, subject: subjectText(leaf) });
    return { accepted: true, how: describe(verify, trust), events };
  };
  const asked = trust.ocsp?.check(
    { certificate: facts, issuer: () => issuersOf(leaf, trust.anchors)[0], resumed: peer.resumed, staple: peer.staple },
    now,
  );
  if (asked === undefined) return accepted();
  const conclude = (outcome: OcspOutcome): Verdict => {
    events.push(...outcome.events);
    if (outcome.accepted) return accepted();
    events.push({ kind: 'certificate-rejected', depth: 0, subject: subjectText(leaf), why: 'OCSP' });
    return { accepted: false, events, message: FAILED };
  };
  return asked instanceof Promise ? asked.then(conclude) : conclude(asked);
}

/** From the root down, as OpenSSL walks; only made for a log that shows it. */
function acceptedIssuers(leaf: X509Certificate, anchors: Anchors): readonly CertificateEvent[] {
  return issuersOf(leaf, anchors)
    .map((issuer, index): CertificateEvent => ({ kind: 'certificate-accepted', depth: index + 1, subject: subjectText(issuer) }))
    .reverse();
}

interface PreVerificationError {
  readonly text: string;
  /** undefined: the leaf. */
  readonly blamed: Blamed | undefined;
}

/** What stunnel calls so: everything about the certificate that does not depend on whose it is. */
function preVerification(
  service: ServiceConfig,
  trust: Trust,
  peer: PeerFacts,
  leaf: X509Certificate,
  facts: CertificateFacts,
  now: Date,
): PreVerificationError | undefined {
  const role: PeerRole = service.mode === 'client' ? 'server' : 'client';
  if (service.verify.chain) {
    if (peer.chainError === 'UNSPECIFIED') return nameless(service, trust, leaf, facts, role);
    if (peer.chainError !== undefined) {
      return { text: chainErrorText(peer.chainError), blamed: blamedFor(peer.chainError, leaf, now) };
    }
    // OpenSSL has looked, but on a resumed session that was then, and this is now
    const dates = checkDates(facts, now);
    if (dates !== undefined) return { text: chainErrorText(dates), blamed: undefined };
    const problem = service.verify.profile === 'strict' ? profileProblem(leaf, facts, trust.anchors, role) : undefined;
    if (problem !== undefined) return { text: `strict certificate profile: ${problem}`, blamed: undefined };
  } else {
    const problem = unknownSelfSigned(trust, leaf) ?? checkLeaf(leaf, facts, role, service.tls.securityLevel, now);
    if (problem !== undefined) return { text: chainErrorText(problem), blamed: undefined };
  }
  return revocationError(service, trust, peer, leaf, now);
}

/** OpenSSL said no for a reason Node has no code for; which one is told as far as it can be seen. */
function nameless(
  service: ServiceConfig,
  trust: Trust,
  leaf: X509Certificate,
  facts: CertificateFacts,
  role: PeerRole,
): PreVerificationError {
  const issuers = issuersOf(leaf, trust.anchors);
  const { code, depth } = namelessProblem(leaf, facts, issuers, role, service.tls.securityLevel);
  return { text: chainErrorText(code), blamed: { depth, certificate: [leaf, ...issuers][depth] ?? leaf } };
}

/** The leaf, or (`crlCheck = chain`) everything below the root. */
function revocationError(
  service: ServiceConfig,
  trust: Trust,
  peer: PeerFacts,
  leaf: X509Certificate,
  now: Date,
): PreVerificationError | undefined {
  if (trust.revocationLists === undefined) return undefined;
  const chain = [leaf, ...issuersOf(leaf, trust.anchors)];
  const depths = service.revocation.crlCheck === 'chain' ? Math.max(chain.length - 1, 1) : 1;
  for (const [depth, certificate] of chain.slice(0, depths).entries()) {
    const problem = trust.revocationLists.check(certificate, chain[depth + 1], peer.resumed, now);
    if (problem !== undefined) return { text: chainErrorText(problem), blamed: { depth, certificate } };
  }
  return undefined;
}

/** verifyPeer without a chain: a self-signed leaf must itself be in the store, the same key in another one does not do. */
function unknownSelfSigned(trust: Trust, leaf: X509Certificate): 'DEPTH_ZERO_SELF_SIGNED_CERT' | undefined {
  if (trust.local === undefined || !leaf.checkIssued(leaf)) return undefined;
  return trust.local.contains(leaf) ? undefined : 'DEPTH_ZERO_SELF_SIGNED_CERT';
}

/** `chain and name`, `pin`, `chain, name and pin`. */
function describe(verify: VerifyConfig, trust: Trust): string {
  const parts = [
    verify.chain ? 'chain' : undefined,
    hasSubjectChecks(verify) || verify.serverName ? 'name' : undefined,
    verify.peer ? 'local certificate' : undefined,
    trust.pins.size > 0 ? 'pin' : undefined,
  ].filter((part) => part !== undefined);
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
