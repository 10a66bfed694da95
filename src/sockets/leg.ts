/**
 * One end of a connection, plain or TLS, as the steps, the relay and the connection's life see it: bytes in, bytes out, an end. What
 * carries it (a socket, TLS over one, our end of a program's socket pair) is known to whoever makes the leg and to nobody else. The
 * one thing a reader might get wrong: before the relay a leg is read only while somebody listens, so what arrives stays where it is.
 */
import type { Endpoint } from '../address/endpoint.ts';

/** Which of a connection's two legs. */
export type LegName = 'client' | 'upstream';

/** `close`: FIN, with close_notify on a TLS leg. `reset`: RST and no close_notify, so that a cut stream does not look whole. */
export type EndHow = 'close' | 'reset';

/** One direction of a relay, as its owner follows it. */
export interface Flow {
  /** Called for every write to the other leg with its size in bytes. */
  moved(bytes: number): void;
  /**
   * Asked once at the peer's end. `cut`: TCP ended below TLS without close_notify (RFC 8446 section 6.1), where the leg can tell.
   * false: it is not passed on.
   */
  ending(how: 'whole' | 'cut'): boolean;
  /** Called once, when the peer has ended and all it sent, its end included, was handed to the kernel of the other leg. */
  delivered(): void;
}

export interface Leg {
  readonly kind: 'plain' | 'tls';
  /** Our own address, the other end's; undefined for a Unix socket, a program, or once the connection is gone. Never mapped IPv6. */
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  /** For a socket option or a question to the kernel, in the present turn; -1 when there is none any more. It stays the leg's. */
  readonly descriptor: number;

  /** Bytes that have arrived and were not taken. */
  readonly arrived: number;
  /** Takes at most `limit` of them. */
  take(limit: number): Buffer | undefined;
  /** Puts bytes back in front of everything that was not taken; also after the leg's end was seen. */
  giveBack(bytes: Uint8Array): void;
  /** The peer has ended its direction (or the leg is gone), and everything it sent was taken. */
  readonly ended: boolean;
  /** Calls `ready` when there is something to take or the leg has ended. @returns what stops listening */
  listen(ready: () => void): () => void;

  /**
   * Writes; the bytes are the leg's until `written` is called, which is when the kernel has them, the leg has failed, or the peer has left
   * and only what it sent is still read.
   */
  write(bytes: Uint8Array, written?: (error?: Error | null) => void): void;
  /** Ends our direction behind everything written; the other goes on. */
  finish(last?: Uint8Array): void;
  /** From now on passes everything that arrives, and then the end, to another leg of the same implementation. Call it once. */
  pump(to: Leg, flow: Flow): void;

  /** From here on the peer sees a reset where this process dies, and not an end that looks like one in order. */
  resetByDeath(): void;
  /** Ends both directions now; safe to call on a leg that is gone. */
  end(how: EndHow): void;
  /** The leg was ended, or has failed. */
  readonly gone: boolean;
  /** Calls back when the leg has failed: a reset, an alert, a broken record. It is gone then. */
  onFailed(listener: (cause: Error) => void): void;
  /** Calls back when the descriptor was given back; everything written before the end has left then. */
  onGone(listener: () => void): void;
}
