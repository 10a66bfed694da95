/** What a certificate is refused for, as facts for whoever has to mend it. */
import type { X509Certificate } from 'node:crypto';
import { ipText } from '../../address/ip.ts';
import type { ServiceConfig } from '../../config/config.ts';
import type { TrustConfig, VerifyConfig } from '../../config/tls-config.ts';
import type { CertificateFault, FailureCause } from '../../failure-cause.ts';
import type { SubjectNames } from '../certificate/certificate-facts.ts';
import { factsOf } from '../certificate/certificate-facts.ts';
import { shownIssuer, shownSubject } from '../certificate/subject-text.ts';
import { shownUri } from '../material/uri-material.ts';
import type { Blamed } from './chain.ts';

/** A certificate may have thousands. */
const MOST_NAMES = 4;

/** X509_V_ERR_ names that come to: nobody we trust has issued it. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** X509_V_ERR_ names that come of `certProfile = strict` alone: those of OpenSSL's strict flag, and what we find beyond it. */
const OF_STRICT_PROFILE: ReadonlySet<string> = new Set([
  'CERT_REJECTED',
  'MISSING_AUTHORITY_KEY_IDENTIFIER',
  'MISSING_SUBJECT_KEY_IDENTIFIER',
  'CA_BCONS_NOT_CRITICAL',
  'CA_CERT_MISSING_KEY_USAGE',
  'EMPTY_SUBJECT_ALT_NAME',
  'EMPTY_SUBJECT_SAN_NOT_CRITICAL',
]);

/** @param blamed the certificate that was refused */
export function certificateCause(
  { mode }: Pick<ServiceConfig, 'mode'>,
  { depth, certificate }: Blamed,
  fault: CertificateFault,
): FailureCause {
  return { kind: 'certificate', of: mode === 'client' ? 'upstream' : 'client', depth, subject: shownSubject(certificate), ...fault };
}

/** There is none. */
export function missingCause({ mode }: Pick<ServiceConfig, 'mode'>): FailureCause {
  return { kind: 'certificate', of: mode === 'client' ? 'upstream' : 'client', depth: 0, subject: '', fault: 'missing' };
}

/** What is behind the name of an X509_V_ERR_. @param text OpenSSL's sentence for it */
export function chainFault(error: string, text: string, certificate: X509Certificate, trust: TrustConfig): CertificateFault {
  if (UNKNOWN_ISSUER.has(error)) {
    const selfSigned = certificate.subject === certificate.issuer;
    return { fault: 'issuer', issuer: shownIssuer(certificate), selfSigned, stores: storesOf(trust) };
  }
  const facts = factsOf(certificate);
  if (error === 'CERT_HAS_EXPIRED') return { fault: 'expired', at: facts?.notAfter ?? Number.NaN };
  if (error === 'CERT_NOT_YET_VALID') return { fault: 'not-yet-valid', at: facts?.notBefore ?? Number.NaN };
  if (error === 'CERT_REVOKED') return { fault: 'revoked', by: 'list' };
  return { fault: OF_STRICT_PROFILE.has(error) ? 'profile' : 'other', text };
}

/** Whom the certificate was compared with, and whom it is for. */
export function nameFault(wanted: readonly string[], names: SubjectNames): CertificateFault {
  const texts = [...names.dns.map(latin), ...names.addresses.map(ipText), ...names.emails.map(latin), ...names.uris.map(latin)];
  return { fault: 'name', wanted, names: texts.slice(0, MOST_NAMES), more: Math.max(0, texts.length - MOST_NAMES) };
}

/** All that the check* options accept. */
export function wantedNames({ checkHost, checkEmail, checkIp, checkUri }: VerifyConfig): readonly string[] {
  return [...checkHost, ...checkEmail, ...checkIp, ...checkUri];
}

/** Where trusted certificates were looked for. */
export function storesOf({ system, caFile, caPath, caStore }: TrustConfig): readonly string[] {
  return [system ? 'system' : undefined, caFile, caPath, caStore && shownUri(caStore)].filter((store) => store !== undefined);
}

function latin(bytes: Buffer): string {
  return bytes.toString('latin1');
}
