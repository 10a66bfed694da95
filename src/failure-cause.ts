/**
 * Why a connection failed, as typed facts: plain data that can be counted, sent to another process and written as JSON. The sentence made
 * of it, and what to do about it, stand in `observe/lines/failure.ts`. Texts in it that a peer chose are as they came: whoever prints
 * them escapes them.
 */

/** Which end of a connection. */
export type FailedSide = 'client' | 'upstream';

/** One address that was tried, and what came of it. */
export interface FailedAttempt {
  readonly address: string;
  /** What failed: `connect`, what makes our end of it (`bind`, `setsockopt NAME`), or the option that leaves no end (`local`); '' for a limit. */
  readonly call: string;
  /** The system's sentence; for a limit `no answer`. */
  readonly text: string;
  /** 0: not the system's. */
  readonly errno: number;
}

/** The bounds of a connection's waits, by the names of their options. */
export type FailedLimit = 'TIMEOUTbusy' | 'TIMEOUTconnect' | 'TIMEOUTsetup';

/** The bounds of how much one source may have, by the names of their options. */
export type CountedLimit = 'clientsPerAddress' | 'handshakesPerSecond';

/** What a certificate was refused for; times are milliseconds since 1970, NaN where they cannot be read. */
export type CertificateFault =
  /** `wanted` is what it had to be for, `names` what it is for (dNSName, iPAddress, rfc822Name), `more` how many are not listed. */
  | { readonly fault: 'name'; readonly wanted: readonly string[]; readonly names: readonly string[]; readonly more: number }
  /** Nobody that is trusted has issued it. `stores` were asked: `system` or the path of a file or folder. */
  | { readonly fault: 'issuer'; readonly issuer: string; readonly selfSigned: boolean; readonly stores: readonly string[] }
  | { readonly fault: 'expired'; readonly at: number }
  | { readonly fault: 'not-yet-valid'; readonly at: number }
  | { readonly fault: 'revoked'; readonly by: 'list' | 'ocsp' }
  /** The revocation check had to give an answer and gave none. */
  | { readonly fault: 'revocation-unknown' }
  /** The key is none of the pins; `key` is its SHA-256 in base64, as a pin is written. */
  | { readonly fault: 'pin'; readonly key: string; readonly pins: number }
  /** Trust on first use: the key is another than the one seen before. */
  | { readonly fault: 'changed-key'; readonly key: string; readonly pinned: readonly string[]; readonly destination: string }
  | { readonly fault: 'pin-store'; readonly text: string }
  /** Not among the certificates that `verifyPeer` compares with. */
  | { readonly fault: 'not-local'; readonly stores: readonly string[] }
  /** There is none. */
  | { readonly fault: 'missing' }
  /** `certProfile = strict` refuses it, OpenSSL by itself does not. */
  | { readonly fault: 'profile'; readonly text: string }
  /** Everything else: a purpose, a weak key, a broken chain, in OpenSSL's words. */
  | { readonly fault: 'other'; readonly text: string };

export type FailureCause =
  /** `depth` 0 is the peer's own certificate, above it are its issuers. */
  | ({
      readonly kind: 'certificate';
      readonly of: FailedSide;
      readonly depth: number;
      readonly subject: string;
    } & CertificateFault)
  /** The peer refused us with an alert (RFC 8446 section 6). `sni` is the name we had sent, '' for none; `named` what we had meant, '' for nothing. */
  | {
      readonly kind: 'alert';
      readonly from: FailedSide;
      readonly number: number;
      readonly name: string;
      readonly sni: string;
      readonly named: string;
      /** We have a certificate to show. */
      readonly certificate: boolean;
      /** We have pre-shared keys. */
      readonly psk: boolean;
    }
  /** The first bytes of the peer are not TLS. `protocol` is '' where nobody knows them; `begins` are the first of them. */
  | { readonly kind: 'not-tls'; readonly from: FailedSide; readonly protocol: string; readonly option: string; readonly begins: string }
  /** The peer left in the middle. `said`: it had sent something before. */
  | { readonly kind: 'gone'; readonly side: FailedSide; readonly said: boolean }
  /** What OpenSSL said, where that is all there is: `no shared cipher`, and the whole line with its number. */
  | { readonly kind: 'tls-library'; readonly reason: string; readonly text: string }
  /** The client's pre-shared key is another than ours, or it names none of ours and there is no certificate to show instead. */
  | { readonly kind: 'pre-shared-key'; readonly fault: 'other-key' | 'no-identity' }
  | { readonly kind: 'unreachable'; readonly attempts: readonly FailedAttempt[]; readonly triedMs: number }
  /** `servers` are the resolvers that the system asks. */
  | {
      readonly kind: 'unresolved';
      readonly names: readonly { readonly host: string; readonly text: string }[];
      readonly servers: readonly string[];
    }
  /** `side` was waited for; `said`: it had sent something before (undefined: not known). */
  | {
      readonly kind: 'limit';
      readonly limit: FailedLimit;
      readonly ms: number;
      readonly side: FailedSide;
      readonly said: boolean | undefined;
    }
  /**
   * One more was more than an option allows. `source` is whose they are ('': everybody's), `told` whether people hear of this one, `untold` how
   * many there were since they last did.
   */
  | {
      readonly kind: 'over-limit';
      readonly limit: CountedLimit;
      readonly source: string;
      readonly most: number;
      readonly told: boolean;
      readonly untold: number;
    }
  /** A client asked for a server name that no service has. */
  | { readonly kind: 'unknown-server-name'; readonly name: string }
  /** The sentence of the failure says it all. */
  | { readonly kind: 'told' };

export const TOLD: FailureCause = { kind: 'told' };

/** Of a flood only some are told of; all are counted. */
export function isUntold(because: FailureCause): boolean {
  return because.kind === 'over-limit' && !because.told;
}
