/**
 * One SSL on one descriptor: each method is one call of OpenSSL's (or a run of them) with what belongs to it, in the order that keeps
 * connections apart: the shared output proved empty, the call, its error, the output emptied into this connection's socket. All of them
 * work on what the same few calls leave behind, which is why they stand in one file, longer than others.
 */

import type { Memory, Pointer } from '../../native/binding.ts';
import { errno } from '../../native/binding.ts';
import { takeThrown } from '../../native/callback.ts';
import { SCRATCH_BYTES, scratchPointer } from '../../sockets/scratch.ts';
import type { Socket } from '../../sockets/socket.ts';
import { systemError } from '../../text/system-error.ts';
import type { Callee, Heeder } from '../context/callbacks.ts';
import { callbacks, enter, leave } from '../context/callbacks.ts';
import type { Context } from '../context/context.ts';
import { opensslError } from '../library/errors.ts';
import { Handle } from '../library/handle.ts';
import { C, ERROR } from '../library/library.ts';
import { discard, outputAddress, outputBytes, outputReference, producedBytes } from '../library/output.ts';
import { ConnectionInput, RECORD_BYTES } from './connection-input.ts';

/** Where ciphertext goes. */
export interface Wire {
  /** @param bytes in the library's memory, at `address`, until this returns */
  send(bytes: Uint8Array, address: Pointer): void;
}

export class Connection extends Handle implements Heeder {
  readonly kind = 'connection';
  /** SSL_get_error of the last call; 0: it succeeded. */
  error: number = ERROR.NONE;
  /** What the last call that failed has said; undefined where the peer was simply gone. */
  failure: Error | undefined;
  readonly #callee: Callee;
  readonly #wire: Wire;
  readonly #input: ConnectionInput;
  /** The last read, or step of the handshake, has had its part of a turn, and yet the socket may have more. */
  mayHaveMore = false;
  /** Of the last read: what it has cost, as a number of bytes that cost as much where they come in large records. */
  effort = 0;
  /** Steps that messages without data have made the library take: in the last read, since there were data, and in the present call. */
  heard = 0;
  #barren = 0;
  #steps = 0;
  /** What ended the last read, behind the bytes it returned. */
  #broken: { readonly error: number; readonly failure: Error | undefined } | undefined;
  /** The last bytes of the peer were read. */
  #ended = false;
  #busy = false;
  #doomed = false;

  /**
   * @param unread what was read from the socket already: TLS reads it first
   * @throws OpensslError
   */
  constructor(context: Context, callee: Callee, wire: Wire, unread: Uint8Array | undefined) {
    super('connection', C.SSL_new(context.pointer), 'SSL_new');
    this.#callee = callee;
    this.#wire = wire;
    this.#input = new ConnectionInput(unread);
    C.SSL_set_bio(this.pointer, this.#input.bio, outputReference());
    if (context.options.role === 'client') C.SSL_set_connect_state(this.pointer);
    else C.SSL_set_accept_state(this.pointer);
  }

  /** A call is running: we are inside a callback. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The last `error` ZERO_RETURN was the end of TCP, without close_notify. */
  get wasCut(): boolean {
    return this.#input.atEnd;
  }

  /** What the peer said first, some of it; undefined: nothing yet. */
  get opening(): Uint8Array | undefined {
    return this.#input.opening;
  }

  /** Goes on with the handshake, as far as one turn takes it. */
  handshake(socket: Socket): void {
    const ssl = this.#begin();
    this.#input.beginTurn();
    try {
      do {
        if (this.error !== ERROR.WANT_WRITE && !this.#works(this.#input.feedShared(ssl, socket))) break;
        this.#settle(ssl, C.SSL_do_handshake(ssl));
      } while (this.#mayGoOn(ssl, socket));
      this.mayHaveMore = this.#input.hadItsPart && this.error === ERROR.WANT_READ;
    } finally {
      if (this.#doomed) this.#input.dropShared();
      else this.#input.leaveShared(ssl, socket, this.error === ERROR.NONE);
      this.#end(ssl);
    }
  }

  /** Something may be read although the socket has nothing. */
  get hasUnread(): boolean {
    return this.#input.isOwn || C.SSL_has_pending(this.pointer) !== 0;
  }

  /**
   * Reads as many records into the scratch buffer as fit and are there, within its part of a turn. What stopped it stands in `error`.
   * @returns how many bytes; where it is not 0 an `error` other than WANT_READ shows itself again at the next call (the kernel tells of
   *   a reset once, and of an end from then on)
   */
  read(socket: Socket): number {
    if (this.#broken !== undefined) {
      ({ error: this.error, failure: this.failure } = this.#broken);
      return 0;
    }
    const ssl = this.#begin();
    let filled = 0;
    this.mayHaveMore = false;
    this.heard = 0;
    this.effort = 0;
    this.#input.beginTurn();
    let clean = this.#input.isWhole;
    try {
      while (filled + RECORD_BYTES <= SCRATCH_BYTES && !this.mayHaveMore) {
        this.#steps = 0;
        const got = C.SSL_read(ssl, filled === 0 ? scratchPointer : scratchPointer + BigInt(filled), SCRATCH_BYTES - filled);
        this.#settle(ssl, got);
        this.effort += RECORD_EFFORT + this.#steps * STEP_EFFORT;
        this.mayHaveMore = this.effort >= MOST_EFFORT;
        if (got <= 0) {
          if (!this.#readsOn(ssl, socket)) break;
          clean = false; // the message that was heard may have been read to its end alone
          continue;
        }
        filled += got;
        this.#barren = 0;
        this.#input.fed = 0;
        if (this.#doomed) break;
        const short = this.#input.endsShort(ssl);
        if (short === undefined) continue;
        if (clean && short && !socket.endAnnounced) {
          this.error = ERROR.WANT_READ;
          this.mayHaveMore = false;
          break;
        }
        clean = true;
      }
    } finally {
      this.#end(ssl);
    }
    if (this.error === ERROR.ZERO_RETURN) this.#ended = true;
    if (filled > 0 && (this.error === ERROR.SYSCALL || this.error === ERROR.SSL))
      this.#broken = { error: this.error, failure: this.failure };
    return filled;
  }

  /**
   * A call has read nothing. The library says that it wants to read also behind a message without data (a key update, a ticket, a
   * renegotiation), whatever lies behind that.
   * @returns whether there may be something behind it, and there have not been too many such messages in a row
   */
  #readsOn(ssl: Pointer, socket: Socket): boolean {
    this.#barren += this.#steps;
    this.heard += this.#steps;
    if (this.#steps > MOST_A_CALL || this.#barren > MOST_BARREN || this.#input.fed > MOST_FED) {
      this.error = ERROR.SSL;
      this.failure = new Error('the peer sends messages of TLS without data, one after the other');
      return false;
    }
    if (this.error === ERROR.WANT_READ && this.#steps > 0) return true;
    const fed = this.#input.fed;
    const goesOn = this.#mayGoOn(ssl, socket);
    if (this.#input.fed > fed) this.heard += 1;
    this.mayHaveMore ||= this.#input.hadItsPart;
    return goesOn;
  }

  /**
   * A handshake on the open connection has begun. It goes on with reads alone, and until it is over nothing may be written: a peer may send
   * data until it has answered, and a write that went on with the handshake would refuse them. Behind the peer's end it goes on no more.
   */
  get renegotiates(): boolean {
    return this.#input.isOwn && !this.#ended && C.SSL_in_init(this.pointer) !== 0;
  }

  /**
   * Not while it `renegotiates`.
   * @returns false where it does now, since the peer has asked for that (try again when that is over), or where it has failed; see `failure`
   */
  write(from: Memory, length: number): boolean {
    const ssl = this.#begin();
    try {
      do this.#settle(ssl, C.SSL_write(ssl, from, length));
      while (this.#getsRoom());
    } finally {
      this.#end(ssl);
    }
    return this.error === ERROR.NONE;
  }

  /** Sends close_notify. */
  shutdown(): void {
    const ssl = this.#begin();
    try {
      C.SSL_shutdown(ssl);
    } finally {
      this.#end(ssl);
    }
  }

  /** New keys for what we send, and (TLS 1.3) for what the other end sends. @returns false up to TLS 1.2 */
  updateKeys(): boolean {
    const ssl = this.#begin();
    try {
      if (C.SSL_key_update(ssl, UPDATE_REQUESTED) !== 1) return false;
      this.#settle(ssl, C.SSL_do_handshake(ssl));
      return this.error === ERROR.NONE;
    } finally {
      this.#end(ssl);
    }
  }

  /** From here on messages without data are noticed: the handshake has finished. */
  heedMessages(): void {
    this.#input.fed = 0;
    C.SSL_set_info_callback(this.pointer, callbacks.info);
  }

  /** Where there are too many steps in one call, nothing but its end helps: the library reads what it has in its buffer. */
  stepTaken(): void {
    this.#steps += 1;
    if (this.#steps > MOST_A_CALL && !this.#doomed) C.SSL_set_shutdown(this.pointer, RECEIVED_SHUTDOWN);
  }

  handshakeBegins(): void {
    if (this.#doomed) return;
    this.#input.handshakeBegins(this.pointer);
    this.#callee.handshakeBegins();
  }

  /** For calls that send nothing and call nothing back. */
  get ssl(): Pointer {
    return this.pointer;
  }

  #begin(): Pointer {
    const ssl = this.pointer;
    enter(this.#callee, this);
    this.#busy = true;
    this.#steps = 0;
    return ssl;
  }

  #settle(ssl: Pointer, result: number): void {
    if (result > 0) {
      this.error = ERROR.NONE;
      return;
    }
    const number = errno();
    this.error = C.SSL_get_error(ssl, result);
    if (this.error === ERROR.SSL) this.failure = opensslError('TLS failed');
    else if (this.error === ERROR.SYSCALL) this.failure = number === 0 ? undefined : systemError('read', number);
  }

  /** The call only wants room for its output, or input that is at hand. */
  #mayGoOn(ssl: Pointer, socket: Socket): boolean {
    if (this.#getsRoom()) return true;
    if (this.#doomed || this.error !== ERROR.WANT_READ) return false;
    const more = this.#input.goOn(ssl, socket);
    return this.#works(more) && more > 0;
  }

  #getsRoom(): boolean {
    if (this.#doomed || this.error !== ERROR.WANT_WRITE) return false;
    this.#empty();
    return true;
  }

  /** @param result of a call of the system: minus errno where it has failed */
  #works(result: number): boolean {
    if (result >= 0) return true;
    this.error = ERROR.SYSCALL;
    this.failure = systemError('read', result);
    return false;
  }

  #empty(): void {
    const length = producedBytes();
    if (length === 0) return;
    try {
      this.#wire.send(outputBytes(length), outputAddress);
    } finally {
      discard(length);
    }
  }

  #end(ssl: Pointer): void {
    leave();
    this.#busy = false;
    if (this.#doomed) {
      discard(producedBytes());
      C.SSL_free(ssl);
    } else this.#empty();
    const thrown = takeThrown();
    if (thrown === undefined) return;
    this.error = ERROR.SSL;
    this.failure = thrown.error instanceof Error ? thrown.error : new Error(String(thrown.error));
  }

  /** A callback that ends its own connection must not pull the SSL from under the call that called it. */
  protected destroy(pointer: Pointer): void {
    if (this.#busy) this.#doomed = true;
    else C.SSL_free(pointer);
  }
}

const UPDATE_REQUESTED = 1;
/** SSL_RECEIVED_SHUTDOWN. */
const RECEIVED_SHUTDOWN = 2;
/** A key update is one or two, a ticket three. Nobody needs thousands without data between them. */
const MOST_BARREN = 10_000;
/** Of steps in one call, which is not over before the library's buffer is empty. */
const MOST_A_CALL = 1000;
/** Bytes without data between them that handshakes on an open connection are fed: several times the longest chain of certificates. */
const MOST_FED = 2 ** 20;
/** A call that gives a byte, and a step, take as long as so many bytes in large records: 1 us, and 3. */
const RECORD_EFFORT = 1024;
const STEP_EFFORT = 4096;
/** Half a millisecond's work. */
const MOST_EFFORT = 262_144;
