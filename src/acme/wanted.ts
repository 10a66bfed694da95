/** What is asked of a directory (RFC 8555), as plain data: it crosses from the process that serves to the one that speaks to the network. */

/** Which of the two ways of proving that a name is ours. */
export type ChallengeKind = 'tls-alpn-01' | 'http-01';

export interface CertificateWanted {
  /** Host names, the first is that of the subject; at least one. */
  readonly names: readonly string[];
  /** URL of the directory, `https:`. */
  readonly directory: string;
  readonly email: string | undefined;
  /** External account binding; `hmacKey`: base64url. A secret. */
  readonly binding: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly keyType: 'ec256' | 'ec384' | 'rsa2048' | 'rsa4096';
  /** A profile of the directory's; undefined: its own choice. */
  readonly profile: string | undefined;
  /** PEM: whom the directory's own certificate is verified against; undefined: those Node.js trusts. */
  readonly authority: string | undefined;
  readonly challenge: ChallengeKind;
  /** Absolute; of the account, shared by everything that is asked of this directory. */
  readonly accountFolder: string;
  /** Absolute; of this certificate. */
  readonly folder: string;
  /** The leaf that serves now, PEM; undefined: there is none. */
  readonly current: string | undefined;
}

export type Step =
  /** Challenges are to be answered until the order is finished; `pem`: what TLS-ALPN-01 shows, a key and one certificate a name. */
  | { readonly kind: 'challenges'; readonly order: string; readonly pem: string | undefined }
  /** Key and chain, leaf first, which stand in `certificate.pem` by now. */
  | { readonly kind: 'certificate'; readonly pem: string }
  /** Somebody else who shares the folder is at it. */
  | { readonly kind: 'busy'; readonly holder: string }
  | { readonly kind: 'failed'; readonly text: string };

/** When the directory wants a certificate renewed (RFC 9773); times in milliseconds since 1970. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  /** When to ask again. */
  readonly askAgainAt: number;
}

export const CERTIFICATE_FILE = 'certificate.pem';
export const CHALLENGE_FILE = 'challenge.pem';
