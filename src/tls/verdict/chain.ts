/** What is wrong with a chain, in OpenSSL's words, and who stands above a certificate. */
import type { X509Certificate } from 'node:crypto';
import type { VerifyErrorName } from '../../openssl/context/verdict.ts';
import { VERIFY_ERRORS } from '../../openssl/context/verdict.ts';
import { verifyErrorText } from '../../openssl/library/errors.ts';
import { factsOf } from '../certificate/certificate-facts.ts';

/** The text for `CERT: Pre-verification error: TEXT`. @param code the name of an X509_V_ERR_; another text stays as it is */
export function chainErrorText(code: string): string {
  const number: unknown = VERIFY_ERRORS[code as VerifyErrorName];
  return typeof number === 'number' ? verifyErrorText(number) : code;
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
    index ??= Map.groupBy(certificates(), (one) => keyOf(factsOf(one)?.subject));
    return index.get(keyOf(name)) ?? [];
  };
  const issuers = new WeakMap<X509Certificate, X509Certificate | typeof NOBODY>();
  const findIssuer = (certificate: X509Certificate): X509Certificate | typeof NOBODY =>
    named(factsOf(certificate)?.issuer).find((one) => certificate.checkIssued(one)) ?? NOBODY;
  return {
    has: (certificate) => named(factsOf(certificate)?.subject).some((one) => one.raw.equals(certificate.raw)),
    issuerOf: (certificate) => {
      const issuer = issuers.getOrInsertComputed(certificate, findIssuer);
      return issuer === NOBODY ? undefined : issuer;
    },
  };
}

/** That is remembered too. */
const NOBODY = Symbol('no issuer');

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
  const facts = factsOf(certificate);
  return facts === undefined || facts.issuer.equals(facts.subject);
}

const MAX_CHAIN = 16;
