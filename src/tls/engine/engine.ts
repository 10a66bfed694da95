/**
 * What the connection path asks of whoever speaks TLS: one endpoint a service, one handshake a connection, and a leg that also knows
 * what was agreed. Everything of the library behind it (contexts, sessions, tickets, staples) stays in this folder and in
 * `src/openssl/`, which alone knows that library.
 */
import type { X509Certificate } from 'node:crypto';
import type { HandshakeFacts } from '../../observe/events.ts';
import type { Leg } from '../../sockets/leg.ts';
import type { CHOSEN_ALERTS } from '../verdict/alert.ts';
import type { PeerFacts, Verdict } from '../verdict/verify.ts';

/** A leg under TLS. Bytes cross it only after its handshake and the verdict. */
export interface TlsLeg extends Leg {
  readonly kind: 'tls';
  /** What was agreed; asked of the library at the first call, which must come before the leg has ended. */
  facts(): HandshakeFacts;
  /** The protocol both ends agreed on (RFC 7301). */
  readonly alpn: string | undefined;
  /** Server mode: the name the client asked for (RFC 6066). */
  readonly serverName: string | undefined;
  /** The handshake resumed an earlier session. */
  readonly resumed: boolean;
  /** Server mode: a name that the session keeps whenever it is resumed. */
  readonly session: string | undefined;
  /** The first bytes of the peer, some dozens at most; undefined: it has sent none. */
  readonly opening: Uint8Array | undefined;
  /** The peer's own certificate, also on a resumed session; undefined when it showed none. */
  readonly certificate: X509Certificate | undefined;
}

/** Which endpoint serves a client, by the name it asked for. */
export type HostChoice = TlsEndpoint | { readonly refuse: keyof typeof CHOSEN_ALERTS; readonly because: Error };

/** Of whoever checks that a name is ours (RFC 8737). */
export const CHALLENGE_PROTOCOL = 'acme-tls/1';

export interface HandshakeOrder {
  /** Client mode: sent as SNI, unless it is an IP address (RFC 6066 section 3), and verified where the service says so. */
  readonly serverName: string | undefined;
  /** The address that was dialled, for names that are IP addresses. */
  readonly address: string | undefined;
  /** Client mode: the far end as text; with the name it decides which session may be resumed. */
  readonly destination: string;
  /** Client mode: what is offered where the service has no list of its own. */
  readonly alpn: readonly string[];
  /**
   * Server mode: asked once with the name in the ClientHello, and the protocol where it offers just one, before anything of the handshake is decided. A refusal sends that alert and
   * fails the handshake with its cause.
   */
  readonly choose?: ((serverName: string | undefined, onlyProtocol: string | undefined) => HostChoice | Promise<HostChoice>) | undefined;
  /**
   * Asked once about the peer, inside the handshake wherever that can be: a refusal then sends the alert that says why. What the peer
   * sent must be asked for before the first wait.
   */
  readonly judge: (peer: PeerFacts) => Verdict | Promise<Verdict>;
  /** Asked about a refused peer: true where there is a place for it, and its handshake is to go on all the same. */
  readonly admitsRefused?: (() => boolean) | undefined;
}

export interface HandshakeOutcome {
  /** The TLS leg has replaced the leg below it: the owner of that leg owns this one from now on, and no longer the one below. */
  readonly took: (leg: TlsLeg) => void;
  /** The peer was judged. The leg is open where it was accepted (or is admitted all the same), else it has ended. */
  readonly done: (verdict: Verdict) => void;
  /** With what the library or the kernel said. The leg has ended. */
  readonly fail: (cause: Error) => void;
}

/** A service's side of TLS: client or server, as its mode says. */
export interface TlsEndpoint {
  /**
   * Begins a handshake on a leg whose next byte is TLS. The leg is the engine's from here on.
   * @returns gives up waiting; ending the leg stays its owner's
   */
  handshake(leg: Leg, order: HandshakeOrder, outcome: HandshakeOutcome): () => void;
  /**
   * From here on it serves: what its handshakes will want of others (staples) is kept ready.
   * @param troubled told why something of it cannot be had, once as long as it is the same
   * @returns ends that
   */
  serve(troubled: (text: string) => void): Promise<() => void>;
  /** Is a cipher of TLS 1.2 or older left, when the security level, the versions and the key have had their say? */
  hasUsableCipher(): boolean;
}
