/**
 * Trust on first use, as the verdict about one upstream of which no name is known (`nameMissing = pin`): the certificate must be
 * valid today and fit a server, and its key must be the one that was seen at this destination before, or the first.
 */
import type { ServiceConfig } from '../../config/config.ts';
import type { CertificateFault } from '../../failure-cause.ts';
import type { PinChecker, PinVerdict } from '../../names/pins/pin-store.ts';
import type { PinOutcome } from '../../observe/certificate-events.ts';
import { factsOf } from '../../tls/certificate/certificate-facts.ts';
import { shownSubject } from '../../tls/certificate/subject-text.ts';
import { NO_ANCHORS } from '../../tls/verdict/chain.ts';
import { certificateCause } from '../../tls/verdict/fault.ts';
import { publicKeyPin } from '../../tls/verdict/pin.ts';
import type { PeerFacts, Verdict, Verifier } from '../../tls/verdict/verify.ts';
import { createVerifier } from '../../tls/verdict/verify.ts';

const FAILED = 'error:0A000086:SSL routines::certificate verify failed';

/** @param destination as `pinDestination` writes it */
export function firstUseVerifier(service: ServiceConfig, destination: string, pins: PinChecker): Verifier {
  return { verify: (peer) => judge(service, destination, pins, peer) };
}

async function judge(service: ServiceConfig, destination: string, pins: PinChecker, peer: PeerFacts): Promise<Verdict> {
  const { certificate } = peer;
  const facts = certificate === undefined ? undefined : factsOf(certificate);
  const digest = facts === undefined ? '' : publicKeyPin(facts.publicKeyInfo);
  const verdict = await keyVerifier(service, digest).verify(peer);
  if (!verdict.accepted || certificate === undefined) return verdict;
  const remembered = await pins.check(destination, { digest, notAfter: certificate.validToDate });
  const events = [...verdict.events, { kind: 'pin-checked', destination, digest, ...outcomeOf(remembered) } as const];
  if (remembered.kind === 'known') return { accepted: true, how: 'pin', events };
  if (remembered.kind === 'learnt') return { accepted: true, how: 'pin, trusted on first use', events };
  return {
    accepted: false,
    events: [...events, { kind: 'certificate-rejected', depth: 0, subject: shownSubject(certificate), why: 'CERT' }],
    message: FAILED,
    error: 'CERT_REJECTED',
    because: certificateCause(service, { depth: 0, certificate }, faultOf(remembered, digest, destination)),
  };
}

/** Dates, purpose and strength of a certificate, whose key is right by definition. */
function keyVerifier(service: ServiceConfig, digest: string): Verifier {
  const verify = { ...service.verify, chain: false, peer: false, serverName: false, checkHost: [], checkIp: [], checkEmail: [] };
  const trust = { anchors: NO_ANCHORS, local: undefined, pins: new Set([digest]), revocationLists: undefined, ocsp: undefined };
  return createVerifier({ ...service, verify }, trust);
}

function faultOf(verdict: Extract<PinVerdict, { kind: 'mismatch' | 'unusable' }>, key: string, destination: string): CertificateFault {
  if (verdict.kind === 'unusable') return { fault: 'pin-store', text: verdict.why };
  return { fault: 'changed-key', key, pinned: verdict.digests, destination };
}

function outcomeOf(verdict: PinVerdict): PinOutcome {
  switch (verdict.kind) {
    case 'known':
      return { outcome: 'known', expiresInDays: verdict.expiresInDays };
    case 'learnt':
      return { outcome: 'learnt' };
    case 'mismatch':
      return { outcome: 'mismatch', pinned: verdict.digests };
    case 'unusable':
      return { outcome: 'unusable', why: verdict.why };
  }
}
