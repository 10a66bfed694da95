/**
 * Decides whether the peer of a handshake is the one we want. It is asked inside the handshake wherever that can be, and nothing of the
 * application may cross in either direction before it has said yes. The order is stunnel's: chain, then the subject checks, then the
 * local certificates; our pins come last.
 */
import type { X509Certificate } from 'node:crypto';
import type { ServiceConfig } from '../../config/config.ts';
import type { VerifyConfig } from '../../config/tls-config.ts';
import type { CertificateFault, FailureCause } from '../../failure-cause.ts';
import type { CertificateCheck, CertificateEvent } from '../../observe/certificate-events.ts';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import { factsOf } from '../certificate/certificate-facts.ts';
import type { PeerRole } from '../certificate/leaf-checks.ts';
import { checkDates, checkLeaf } from '../certificate/leaf-checks.ts';
import { shownSubject } from '../certificate/subject-text.ts';
import type { RevocationLists } from '../revocation/crl-check.ts';
import type { OcspCheck, OcspOutcome } from '../revocation/ocsp-check.ts';
import { profileProblem, wildcardIsExcluded } from './certificate-profile.ts';
import type { Anchors, Blamed } from './chain.ts';
import { chainErrorText, issuersOf } from './chain.ts';
import { certificateCause, chainFault, missingCause, nameFault, storesOf, wantedNames } from './fault.ts';
import type { LocalCertificates, PinSet } from './pin.ts';
import { matchPin, publicKeyPin } from './pin.ts';
import { hasSubjectChecks, matchServerName, matchSubject } from './subject-checks.ts';

/** What a handshake has shown of the peer. */
export interface Peer {
  /** The leaf; on a resumed session the one kept beside it. */
  readonly certificate: X509Certificate | undefined;
  /** What OpenSSL thinks of its chain, the name of an X509_V_ERR_, e.g. `CERT_HAS_EXPIRED`; undefined when it was found good. */
  readonly chainError: string | undefined;
  /** Which certificate that is about; undefined: the leaf, or nobody knows any more. */
  readonly blamed?: Blamed | undefined;
  /** The certificates above the leaf in the chain that was built, as far as it was. */
  readonly issuers?: readonly X509Certificate[] | undefined;
  /** All that it sent, the leaf first, in the order in which it was sent. */
  readonly sent?: readonly X509Certificate[] | undefined;
  readonly resumed: boolean;
  /** A pre-shared key took the place of certificates. */
  readonly psk: boolean;
  /** `TLSv1.3`; '' where it is not known yet. */
  readonly version?: string | undefined;
  /** The OCSP response it stapled to the handshake; `later`: whether there is one is known only after the certificates (TLS 1.2). */
  readonly staple: Buffer | undefined | 'later';
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
      /** As far as can be said before the staple, which came `later`: what is said with it (or without one) takes the place of this. */
      readonly withStaple?: (staple: Buffer | undefined) => Verdict | Promise<Verdict>;
    }
  | {
      readonly accepted: false;
      /** The `CERT: ...` and `Rejected by ...` lines in order. */
      readonly events: readonly CertificateEvent[];
      /** As OpenSSL would have said it, for `SSL_connect: ...` and `SSL_accept: ...`. */
      readonly message: string;
      /** The name of the X509_V_ERR_ that decides which alert the peer is sent. */
      readonly error: string;
      /** What it was refused for. */
      readonly because: FailureCause;
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
  const how = describe(verify, trust);
  return {
    verify(peer) {
      if (peer.certificate === undefined && peer.psk) return { accepted: true, how: 'pre-shared key', events: [] };
      if (peer.certificate === undefined) return withoutCertificate(service, verifies);
      if (!verifies) return { accepted: true, how: 'not verified', events: acceptedWithoutCheck(verify) };
      return judge(service, trust, how, peer, peer.certificate, now());
    },
  };
}

/** Only a server whose verification is optional (verify = 0 or 1) goes on without a certificate. */
function withoutCertificate(service: ServiceConfig, verifies: boolean): Verdict {
  const { verify, mode } = service;
  const optional = !verify.require && (mode === 'server' || !verifies);
  return optional
    ? { accepted: true, how: 'not verified', events: [] }
    : { accepted: false, events: [], message: MISSING, error: 'APPLICATION_VERIFICATION', because: missingCause(service) };
}

function acceptedWithoutCheck(verify: VerifyConfig): readonly CertificateEvent[] {
  return verify.request ? [{ kind: 'certificate-unverified' }] : [];
}

/** @param how what the service verifies, for people */
function judge(
  service: ServiceConfig,
  trust: Trust,
  how: string,
  peer: PeerFacts,
  leaf: X509Certificate,
  now: Date,
): Verdict | Promise<Verdict> {
  const events: CertificateEvent[] = [];
  const told = (check: CertificateCheck, outcome: 'passed' | 'failed' | 'ignored', text: string): void => {
    events.push({ kind: 'certificate-checked', check, outcome, text });
  };
  const own: Blamed = { depth: 0, certificate: leaf };
  const refuse = (check: CertificateCheck, error: string, text: string, fault: CertificateFault, blamed = own): Verdict => {
    told(check, 'failed', text);
    events.push({ kind: 'certificate-rejected', depth: blamed.depth, subject: shownSubject(blamed.certificate), why: 'CERT' });
    return { accepted: false, events, message: FAILED, error, because: certificateCause(service, blamed, fault) };
  };
  const { verify } = service;
  const facts = factsOf(leaf);
  if (facts === undefined) return refuse('chain', 'CERT_REJECTED', 'malformed certificate', { fault: 'other', text: 'it is malformed' });

  const before = preVerification(service, trust, peer, leaf, facts, now);
  if (before !== undefined) {
    const { error, text, blamed = own } = before;
    return refuse('chain', error, text, chainFault(error, text, blamed.certificate, service.trust), blamed);
  }
  if (verify.chain && service.logLevel >= 6) events.push(...acceptedIssuers(issuersOf(leaf, peer.issuers, trust.anchors)));
  if (peer.chainError !== undefined) told('chain', 'ignored', chainErrorText(peer.chainError));

  const subject = matchSubject(verify, facts.names);
  const misnamed = (wanted: readonly string[]): Verdict =>
    refuse('subject', 'HOSTNAME_MISMATCH', 'Subject checks failed', nameFault(wanted, facts.names));
  if (!subject.matched) return misnamed(wantedNames(verify));
  told('subject', 'passed', subject.text);
  if (verify.serverName && !matchServerName(facts.names, peer)) {
    const name = peer.serverName ?? peer.address;
    return misnamed(name === undefined ? [] : [name]);
  }
  if (trust.local !== undefined) {
    if (!trust.local.matches(leaf, facts)) {
      const fault: CertificateFault = { fault: 'not-local', stores: storesOf(service.trust) };
      return refuse('local', 'CERT_REJECTED', 'Certificate not found in local repository', fault);
    }
    told('local', 'passed', 'Locally installed certificate matched');
  }
  if (trust.pins.size > 0) {
    if (!matchPin(facts, trust.pins)) {
      const fault: CertificateFault = { fault: 'pin', key: publicKeyPin(facts.publicKeyInfo), pins: trust.pins.size };
      return refuse('pin', 'CERT_REJECTED', 'Public key does not match any pin', fault);
    }
    told('pin', 'passed', 'Pinned public key matched');
  }
  const accepted = (): Verdict => {
    events.push({ kind: 'certificate-accepted', depth: 0, subject: shownSubject(leaf) });
    return { accepted: true, how, events };
  };
  const { ocsp } = trust;
  if (ocsp === undefined) return accepted();
  const conclude = (outcome: OcspOutcome): Verdict => {
    events.push(...outcome.events);
    if (outcome.accepted) return accepted();
    events.push({ kind: 'certificate-rejected', depth: 0, subject: shownSubject(leaf), why: 'OCSP' });
    const fault: CertificateFault = outcome.revoked ? { fault: 'revoked', by: 'ocsp' } : { fault: 'revocation-unknown' };
    const because = certificateCause(service, own, fault);
    return { accepted: false, events, message: FAILED, error: outcome.revoked ? 'CERT_REVOKED' : 'OCSP_VERIFY_FAILED', because };
  };
  const withStaple = (staple: Buffer | undefined): Verdict | Promise<Verdict> => {
    const issuer = (): X509Certificate | undefined => issuersOf(leaf, peer.issuers, trust.anchors)[0];
    const asked = ocsp.check({ certificate: facts, issuer, resumed: peer.resumed, staple }, now);
    return asked instanceof Promise ? asked.then(conclude) : conclude(asked);
  };
  if (peer.staple !== 'later') return withStaple(peer.staple);
  return { accepted: true, how, events, withStaple };
}

/** From the root down, as OpenSSL walks; only made for a log that shows it. */
function acceptedIssuers(issuers: readonly X509Certificate[]): readonly CertificateEvent[] {
  return issuers
    .map((issuer, index): CertificateEvent => ({ kind: 'certificate-accepted', depth: index + 1, subject: shownSubject(issuer) }))
    .reverse();
}

interface PreVerificationError {
  /** The name of an X509_V_ERR_. */
  readonly error: string;
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
  const issuers = (): readonly X509Certificate[] => issuersOf(leaf, peer.issuers, trust.anchors);
  if (service.verify.chain) {
    if (peer.chainError !== undefined) {
      return { error: peer.chainError, text: chainErrorText(peer.chainError), blamed: peer.blamed };
    }
    // OpenSSL has looked, but on a resumed session that was then, and this is now
    const dates = checkDates(facts, now);
    if (dates !== undefined) return { error: dates, text: chainErrorText(dates), blamed: undefined };
    if (wildcardIsExcluded(facts, issuers)) {
      return { error: 'EXCLUDED_VIOLATION', text: 'wildcard reaches into an excluded subtree', blamed: undefined };
    }
    const problem = service.verify.profile === 'strict' ? profileProblem(leaf, facts, issuers(), trust.anchors, role) : undefined;
    if (problem !== undefined) return { error: 'CERT_REJECTED', text: `strict certificate profile: ${problem}`, blamed: undefined };
  } else {
    const problem = unknownSelfSigned(trust, leaf) ?? checkLeaf(leaf, facts, role, service.tls.securityLevel, now);
    if (problem !== undefined) return { error: problem, text: chainErrorText(problem), blamed: undefined };
  }
  const { revocationLists } = trust;
  return revocationLists && revocationError(service, revocationLists, peer, [leaf, ...issuers()], now);
}

/** The leaf, or (`crlCheck = chain`) everything below the root. */
function revocationError(
  service: ServiceConfig,
  lists: RevocationLists,
  peer: PeerFacts,
  chain: readonly X509Certificate[],
  now: Date,
): PreVerificationError | undefined {
  const depths = service.revocation.crlCheck === 'chain' ? Math.max(chain.length - 1, 1) : 1;
  for (const [depth, certificate] of chain.slice(0, depths).entries()) {
    const problem = lists.check(certificate, chain[depth + 1], peer.resumed, now);
    if (problem !== undefined) return { error: problem, text: chainErrorText(problem), blamed: { depth, certificate } };
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
