/**
 * What the connection path asks of whoever speaks TLS: one endpoint a service, one handshake a connection, and a leg that also knows
 * what was agreed. Everything of the library behind it (contexts, sessions, tickets, staples) stays in this folder, which alone knows
 * that library.
 */
import type { X509Certificate } from 'node:crypto';
import type { HandshakeFacts } from '../../observe/events.ts';
import type { Leg } from '../../sockets/leg.ts';
import type { Peer, Verdict } from '../verdict/verify.ts';

/** A leg after its handshake. */
export interface TlsLeg extends Leg {
  readonly kind: 'tls';
  /** What was agreed; asked of the library when called. */
  facts(): HandshakeFacts;
  /** The protocol both ends agreed on (RFC 7301). */
  readonly alpn: string | undefined;
  /** Server mode: the name the client asked for (RFC 6066). */
  readonly serverName: string | undefined;
  /** The handshake resumed an earlier session. */
  readonly resumed: boolean;
  /** Server mode: an id that a session shares with its resumptions. Ask some time after the handshake: the tickets sent then decide it. */
  readonly session: string | undefined;
  /** The peer's own certificate; undefined when it showed none in this handshake. */
  readonly certificate: X509Certificate | undefined;
}

export interface HandshakeOrder {
  /** Client mode: sent as SNI, unless it is an IP address (RFC 6066 section 3). */
  readonly serverName: string | undefined;
  /** Client mode: the far end as text; with the name it decides which session may be resumed. */
  readonly destination: string;
  /** Client mode: what is offered beside the service's own list, where that is empty. */
  readonly alpn: readonly string[];
  /** Decides about the peer. Called once, before anything of the application has crossed. */
  readonly judge: (peer: Peer) => Verdict | Promise<Verdict>;
}

export interface HandshakeOutcome {
  /** The TLS leg has replaced the leg below it: the owner of that leg owns this one from now on, and no longer the one below. */
  readonly took: (leg: TlsLeg) => void;
  /** Both ends have finished and the peer was judged. */
  readonly done: (verdict: Verdict) => void;
  /** With what the library or the kernel said. */
  readonly fail: (cause: Error) => void;
}

/** A service's side of TLS: client or server, as its mode says. */
export interface TlsEndpoint {
  /**
   * Begins a handshake on a leg whose next byte is TLS. The leg is the engine's from here on.
   * @returns gives up waiting; ending the leg stays its owner's
   */
  handshake(leg: Leg, order: HandshakeOrder, outcome: HandshakeOutcome): () => void;
}
