/**
 * One end of a connection, plain or TLS, as the steps, the relay and the connection's life see it: bytes in, bytes out, an end. What
 * carries them (a descriptor, a TLS library over it, a socket pair of a program) is known to the file that makes the leg and to nobody
 * else. The one thing a reader might get wrong: `bytes` given to a receiver are the leg's own memory and valid until it returns.
 */
import type { Endpoint } from '../address/endpoint.ts';

/** Who gets what a leg reads. */
export interface Receiver {
  /** Bytes that have arrived, in order; a view of the leg's memory that is valid until this returns (copy to keep). */
  received(bytes: Uint8Array): void;
  /**
   * The other end has said its last; called once, after the last `received`. `whole`: a FIN on a plain leg, close_notify on a TLS leg.
   * `cut`: TCP ended below TLS without close_notify (RFC 8446 6.1), so that more may have been meant.
   */
  ended(how: 'whole' | 'cut'): void;
}

/** `close`: FIN, with close_notify on a TLS leg. `reset`: RST, no close_notify. */
export type EndHow = 'close' | 'reset';

export interface Leg {
  readonly kind: 'plain' | 'tls';
  /** Our own address of the connection; undefined for a Unix socket or a socket pair. */
  readonly local: Endpoint | undefined;
  /** The other end's address; undefined as above. */
  readonly remote: Endpoint | undefined;

  /** Reads for `receiver` from now on, what was given back first. Before the first call a leg reads nothing. */
  read(receiver: Receiver): void;
  /** Reads no more until `resume` or `read`: what arrives stays in the kernel. May be called from within `received`. */
  pause(): void;
  resume(): void;
  /** Puts bytes in front of what will be read next, also behind an end that was already seen. The leg must be paused. */
  giveBack(bytes: Uint8Array): void;

  /** Writes bytes; what the kernel does not take at once is copied and kept. @returns true when nothing is kept */
  write(bytes: Uint8Array): boolean;
  /** Bytes kept. A writer that goes on although something is kept breaks the bound on memory. */
  readonly unsent: number;
  /** Ends our direction (FIN; close_notify and FIN on a TLS leg) once nothing is kept; the other direction goes on. */
  finish(): void;
  /** Called when nothing is kept any more, and when `finish` has taken effect. One owner at a time. */
  onSent: (() => void) | undefined;

  /** Ends both directions and gives the descriptor back, now. What is kept is dropped. Calls nobody back. Safe to call twice. */
  end(how: EndHow): void;
  /** After `end`, or after a failure. */
  readonly ended: boolean;
  /** Called once when the leg has failed (a reset, a TLS alert, a broken record); the leg is then ended. One owner at a time. */
  onFailed: ((cause: Error) => void) | undefined;
}
