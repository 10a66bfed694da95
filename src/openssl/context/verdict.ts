/** What a connection asks about its peer, and what it is answered. Everything here is plain: nothing of OpenSSL's gets out. */

/** X509_V_ERR_ numbers (x509_vfy.h) by the names the rest of the world uses for them. */
export const VERIFY_ERRORS = {
  OK: 0,
  UNSPECIFIED: 1,
  UNABLE_TO_GET_ISSUER_CERT: 2,
  UNABLE_TO_GET_CRL: 3,
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 4,
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: 5,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 6,
  CERT_SIGNATURE_FAILURE: 7,
  CRL_SIGNATURE_FAILURE: 8,
  CERT_NOT_YET_VALID: 9,
  CERT_HAS_EXPIRED: 10,
  CRL_NOT_YET_VALID: 11,
  CRL_HAS_EXPIRED: 12,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 13,
  ERROR_IN_CERT_NOT_AFTER_FIELD: 14,
  ERROR_IN_CRL_LAST_UPDATE_FIELD: 15,
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: 16,
  OUT_OF_MEM: 17,
  DEPTH_ZERO_SELF_SIGNED_CERT: 18,
  SELF_SIGNED_CERT_IN_CHAIN: 19,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 20,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 21,
  CERT_CHAIN_TOO_LONG: 22,
  CERT_REVOKED: 23,
  PATH_LENGTH_EXCEEDED: 25,
  INVALID_PURPOSE: 26,
  CERT_UNTRUSTED: 27,
  CERT_REJECTED: 28,
  UNHANDLED_CRITICAL_EXTENSION: 34,
  UNABLE_TO_GET_CRL_ISSUER: 33,
  KEYUSAGE_NO_CERTSIGN: 32,
  PERMITTED_VIOLATION: 47,
  EXCLUDED_VIOLATION: 48,
  APPLICATION_VERIFICATION: 50,
  HOSTNAME_MISMATCH: 62,
  EMAIL_MISMATCH: 63,
  IP_ADDRESS_MISMATCH: 64,
  EE_KEY_TOO_SMALL: 66,
  CA_KEY_TOO_SMALL: 67,
  CA_MD_TOO_WEAK: 68,
  OCSP_VERIFY_NEEDED: 73,
  OCSP_VERIFY_FAILED: 74,
  OCSP_CERT_UNKNOWN: 75,
  INVALID_CA: 79,
  PATHLEN_INVALID_FOR_NON_CA: 80,
  KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: 82,
  ISSUER_NAME_EMPTY: 83,
  SUBJECT_NAME_EMPTY: 84,
  MISSING_AUTHORITY_KEY_IDENTIFIER: 85,
  MISSING_SUBJECT_KEY_IDENTIFIER: 86,
  EMPTY_SUBJECT_ALT_NAME: 87,
  EMPTY_SUBJECT_SAN_NOT_CRITICAL: 88,
  CA_BCONS_NOT_CRITICAL: 89,
  AUTHORITY_KEY_IDENTIFIER_CRITICAL: 90,
  SUBJECT_KEY_IDENTIFIER_CRITICAL: 91,
  CA_CERT_MISSING_KEY_USAGE: 92,
  EXTENSIONS_REQUIRE_VERSION_3: 93,
  EC_KEY_EXPLICIT_PARAMS: 94,
} as const;

export type VerifyErrorName = keyof typeof VERIFY_ERRORS;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(VERIFY_ERRORS).map(([name, number]) => [number, name]));

/** `CERT_HAS_EXPIRED`; the number as text where it has no name here. */
export function verifyErrorName(number: number): string {
  return NAMES.get(number) ?? String(number);
}

/** What OpenSSL thinks of a chain. */
export interface ChainResult {
  /** X509_V_ERR_; 0: good. */
  readonly error: number;
  /** `certificate has expired`. */
  readonly text: string;
  /** Which certificate is to blame: 0 is the leaf. */
  readonly depth: number;
  /** DER of the one to blame. */
  readonly blamed: Uint8Array | undefined;
  /** DER from the leaf to the anchor, as far as it was built. */
  readonly chain: readonly Uint8Array[];
}

/** A peer that is to be judged. */
export interface Peer {
  /** DER of its leaf; undefined: it has none, or has proved itself by a pre-shared key. On a resumed session that of the first handshake. */
  readonly certificate: Uint8Array | undefined;
  /** DER of what it sent, the leaf first (a resumed session of a server knows only the leaf). Ask before `judge` returns. */
  readonly sent: readonly Uint8Array[];
  readonly resumed: boolean;
  /** A pre-shared key of ours took the place of certificates. */
  readonly psk: boolean;
  /** A resumed session: X509_V_ERR_ of its first handshake; else 0. */
  readonly formerError: number;
  /** `TLSv1.3`. */
  readonly version: string;
  /**
   * Has the chain verified against the context's store; undefined where there is none to verify (a resumed session, no certificate). Ask
   * before `judge` returns.
   */
  verify(): ChainResult | undefined;
}

export interface Acceptance {
  readonly accepted: true;
  /**
   * Asked as soon as the stapled OCSP response is known, with that, or with undefined where there is none. Up to TLS 1.2 it comes after
   * the certificates. Undefined: no more questions.
   */
  readonly status?: (staple: Uint8Array | undefined) => Verdict | Promise<Verdict>;
}

export interface Refusal {
  readonly accepted: false;
  /** X509_V_ERR_, which becomes the alert the peer is sent. */
  readonly error: number;
}

export type Verdict = Acceptance | Refusal;

/**
 * A promise waits: in client mode the handshake stops; in server mode it runs to its end and nothing is relayed before the verdict, so
 * that a refused peer sees a close and no alert.
 */
export type Judge = (peer: Peer) => Verdict | Promise<Verdict>;

export const ACCEPTED: Acceptance = { accepted: true };
