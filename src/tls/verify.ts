/**
 * Decides whether the peer of a finished handshake is the one we want. Node finishes the handshake before anybody can look, so
 * this runs after it and nothing of the application may cross in either direction before it has said yes.
 */
import type { X509Certificate } from 'node:crypto';
import type { ConnectionEvent } from '../observe/events.ts';

/** What is known of the peer when the handshake has finished. */
export interface PeerFacts {
  /** The leaf; on a resumed session the one kept beside it. */
  readonly certificate: X509Certificate | undefined;
  /** OpenSSL's code from `authorizationError`, e.g. `CERT_HAS_EXPIRED`; undefined when the chain was found good. */
  readonly chainError: string | undefined;
  /** The name that was learnt or sent; verified where the service says so. */
  readonly serverName: string | undefined;
  /** The address that was dialled, for names that are IP addresses. */
  readonly address: string | undefined;
  readonly resumed: boolean;
}

export type Verdict =
  | {
      readonly accepted: true;
      /** How the peer was verified, for people: `chain and name`, `pin`, `not verified`. */
      readonly how: string;
      readonly events: readonly ConnectionEvent[];
    }
  | {
      readonly accepted: false;
      /** The `CERT: ...` and `Rejected by ...` lines in order. */
      readonly events: readonly ConnectionEvent[];
      /** As OpenSSL would have said it, for `SSL_connect: ...` and `SSL_accept: ...`. */
      readonly message: string;
    };

/** The decision of one service. Returns a promise only when something has to be asked over the network (OCSP). */
export interface Verifier {
  verify(peer: PeerFacts): Verdict | Promise<Verdict>;
}
