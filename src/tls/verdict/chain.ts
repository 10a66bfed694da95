/** What is wrong with a chain, in OpenSSL's words, and who stands above a certificate. */
import type { X509Certificate } from 'node:crypto';
import { readCertificate } from '../certificate/certificate-facts.ts';

/** The names of X509_V_ERR_* and X509_verify_cert_error_string(3), for what our own checks find. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_GET_ISSUER_CERT', 'unable to get issuer certificate'],
  ['UNABLE_TO_GET_CRL', 'unable to get certificate CRL'],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', "unable to decrypt certificate's signature"],
  ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', "unable to decrypt CRL's signature"],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'unable to decode issuer public key'],
  ['CERT_SIGNATURE_FAILURE', 'certificate signature failure'],
  ['CRL_SIGNATURE_FAILURE', 'CRL signature failure'],
  ['CERT_NOT_YET_VALID', 'certificate is not yet valid'],
  ['CERT_HAS_EXPIRED', 'certificate has expired'],
  ['CRL_NOT_YET_VALID', 'CRL is not yet valid'],
  ['CRL_HAS_EXPIRED', 'CRL has expired'],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', "format error in certificate's notBefore field"],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', "format error in certificate's notAfter field"],
  ['ERROR_IN_CRL_LAST_UPDATE_FIELD', "format error in CRL's lastUpdate field"],
  ['ERROR_IN_CRL_NEXT_UPDATE_FIELD', "format error in CRL's nextUpdate field"],
  ['OUT_OF_MEM', 'out of memory'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'],
  ['CERT_CHAIN_TOO_LONG', 'certificate chain too long'],
  ['CERT_REVOKED', 'certificate revoked'],
  ['INVALID_CA', 'invalid CA certificate'],
  ['PATH_LENGTH_EXCEEDED', 'path length constraint exceeded'],
  ['INVALID_PURPOSE', 'unsuitable certificate purpose'],
  ['CERT_UNTRUSTED', 'certificate not trusted'],
  ['CERT_REJECTED', 'certificate rejected'],
  ['HOSTNAME_MISMATCH', 'hostname mismatch'],
  ['EE_KEY_TOO_SMALL', 'EE certificate key too weak'],
  ['CA_KEY_TOO_SMALL', 'CA certificate key too weak'],
  ['CA_MD_TOO_WEAK', 'CA signature digest algorithm too weak'],
  ['UNHANDLED_CRITICAL_EXTENSION', 'unhandled critical extension'],
  ['UNSPECIFIED', 'unspecified certificate verification error'],
]);

/** The text for `CERT: Pre-verification error: TEXT`. */
export function chainErrorText(code: string): string {
  return TEXTS.get(code) ?? code;
}

export interface Blamed {
  /** 0: the leaf. */
  readonly depth: number;
  readonly certificate: X509Certificate;
}

/** The trusted certificates, ready to be asked at every handshake. */
export interface Anchors {
  /** Is this very certificate a trusted one? */
  has(certificate: X509Certificate): boolean;
  issuerOf(certificate: X509Certificate): X509Certificate | undefined;
}

export const NO_ANCHORS: Anchors = { has: () => false, issuerOf: () => undefined };

/** @param certificates parsed at the first question: a system store holds 150 */
export function indexAnchors(certificates: () => readonly X509Certificate[]): Anchors {
  let index: ReadonlyMap<string, readonly X509Certificate[]> | undefined;
  const named = (name: Buffer | undefined): readonly X509Certificate[] => {
    index ??= Map.groupBy(certificates(), (one) => keyOf(readCertificate(one.raw)?.subject));
    return index.get(keyOf(name)) ?? [];
  };
  return {
    has: (certificate) => named(readCertificate(certificate.raw)?.subject).some((one) => one.raw.equals(certificate.raw)),
    issuerOf: (certificate) => named(readCertificate(certificate.raw)?.issuer).find((one) => certificate.checkIssued(one)),
  };
}

function keyOf(name: Buffer | undefined): string {
  return name?.toString('latin1') ?? '';
}

/** The issuers above a leaf up to its root: those that are known, then those found among the anchors. */
export function issuersOf(
  leaf: X509Certificate,
  known: readonly X509Certificate[] | undefined,
  anchors: Anchors,
): readonly X509Certificate[] {
  const chain = [leaf, ...(known ?? [])];
  while (chain.length < MAX_CHAIN) {
    const top = chain.at(-1) as X509Certificate;
    const issuer = isSelfIssued(top) ? undefined : anchors.issuerOf(top);
    if (issuer === undefined) break;
    chain.push(issuer);
  }
  return chain.slice(1);
}

function isSelfIssued(certificate: X509Certificate): boolean {
  const facts = readCertificate(certificate.raw);
  return facts === undefined || facts.issuer.equals(facts.subject);
}

const MAX_CHAIN = 16;
