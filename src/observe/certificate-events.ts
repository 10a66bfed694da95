/** Events about certificates: the verdict on a peer, step by step, and the end of what we have ourselves. */

/** What an OCSP check went through; each step may come several times, `verdict` once and last. */
export type OcspStep =
  /** Whether the server stapled a response to its handshake. */
  | { readonly step: 'staple'; readonly received: boolean }
  | { readonly step: 'staple-ignored'; readonly why: string }
  | { readonly step: 'asking'; readonly origin: 'configured' | 'AIA'; readonly url: string }
  /** Responders of the certificate were to be asked, and it names none. */
  | { readonly step: 'no-url' }
  | { readonly step: 'answer'; readonly status: 'good' | 'revoked' | 'unknown' }
  /** A responder said nothing that counts. */
  | { readonly step: 'no-answer'; readonly why: string }
  | { readonly step: 'no-issuer' }
  /** Nobody but itself could say anything about it. */
  | { readonly step: 'root' }
  /** `inconclusive` is refused where `required`. */
  | { readonly step: 'verdict'; readonly status: 'good' | 'revoked' | 'inconclusive'; readonly required: boolean };

/** What is asked about a peer's certificate, in this order. */
export type CertificateCheck =
  /** Chain, dates, purpose, strength and revocation. */
  'chain' | 'subject' | 'local' | 'pin';

export type CertificateEvent =
  /** What an admitted peer has shown as its own, on a resumed session too. Made only where somebody wants it. */
  | {
      readonly kind: 'certificate-shown';
      readonly subject: string;
      readonly issuer: string;
      /** SHA-256 of the whole certificate, in hex. */
      readonly sha256: string;
      /** In milliseconds since 1970. */
      readonly expires: number;
    }
  | { readonly kind: 'certificate-accepted'; readonly depth: number; readonly subject: string }
  /** It was asked for and shown, and nobody looks at it (`verify = 0`). */
  | { readonly kind: 'certificate-unverified' }
  /** `why` is the check that refused, as the line names it: `CERT` or `OCSP` ("Rejected by CERT at depth=0: SUBJECT"). */
  | { readonly kind: 'certificate-rejected'; readonly depth: number; readonly subject: string; readonly why: string }
  /** A chain is told of where it failed; `ignored`: and the service does not ask for it. */
  | {
      readonly kind: 'certificate-checked';
      readonly check: CertificateCheck;
      readonly outcome: 'passed' | 'failed' | 'ignored';
      readonly text: string;
    }
  /** Trust on first use: was the key seen at this destination before? */
  | ({ readonly kind: 'pin-checked'; readonly destination: string; readonly digest: string } & PinOutcome)
  | ({ readonly kind: 'ocsp' } & OcspStep);

export type PinOutcome =
  | { readonly outcome: 'known' /** undefined: not soon. */; readonly expiresInDays: number | undefined }
  | { readonly outcome: 'learnt' }
  | { readonly outcome: 'mismatch'; readonly pinned: readonly string[] }
  | { readonly outcome: 'unusable'; readonly why: string };
