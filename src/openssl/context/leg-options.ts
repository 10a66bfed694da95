/** What a TLS leg is made with. */
import type { Session } from '../sessions/session.ts';
import type { Context } from './context.ts';
import type { Judge } from './verdict.ts';

/** Which context serves a client, by the name it asked for. */
export type Choice =
  | { readonly kind: 'context'; readonly context: Context }
  /** With the alert of that number; undefined: unrecognized_name. */
  | { readonly kind: 'refuse'; readonly alert?: number };

export interface TlsLegOptions {
  readonly context: Context;
  readonly judge: Judge;
  /** What was read from the socket before TLS began: TLS reads it first. */
  readonly unread?: Uint8Array | undefined;
  /** What is still to be sent in clear. */
  readonly unsent?: Uint8Array | undefined;
  /** Client: sent as SNI; never an IP address (RFC 6066 section 3). */
  readonly serverName?: string | undefined;
  /** Client: protocols for this connection alone, where its context has none. */
  readonly alpn?: readonly string[] | undefined;
  /** Client: a session to resume; it stays its owner's. */
  readonly session?: Session | undefined;
  /** Client: groups for this connection alone, as `ContextOptions.groups`. */
  readonly groups?: string | undefined;
  /** Client: a session of this peer, the callee's to free. It may come before the verdict and long after it. */
  readonly sessionReceived?: ((session: Session) => void) | undefined;
  /** Server, with a context that has `virtualHosts`: asked once, before anything of the handshake is decided. */
  readonly choose?: ((serverName: string | undefined, onlyProtocol: string | undefined) => Choice | Promise<Choice>) | undefined;
}
