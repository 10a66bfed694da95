/**
 * One SSL on one descriptor: each method is one call of OpenSSL's (or a run of them) with what belongs to it, in the order that keeps
 * connections apart: the shared output proved empty, the call, its error, the output emptied into this connection's socket.
 */

import type { Memory, Pointer } from '../../native/binding.ts';
import { copyTo, errno } from '../../native/binding.ts';
import { takeThrown } from '../../native/callback.ts';
import { SCRATCH_BYTES, scratchPointer } from '../../sockets/scratch.ts';
import type { Socket } from '../../sockets/socket.ts';
import { EAGAIN } from '../../sockets/system-calls.ts';
import { systemError } from '../../text/system-error.ts';
import type { Callee } from '../context/callbacks.ts';
import { callbacks, enter, heardMessages, leave } from '../context/callbacks.ts';
import type { Context } from '../context/context.ts';
import { READ_BUFFER_BYTES } from '../context/context.ts';
import { opensslError } from '../library/errors.ts';
import { Handle } from '../library/handle.ts';
import { C, CTRL, ERROR } from '../library/library.ts';
import { discard, outputAddress, outputBytes, outputReference, producedBytes } from '../library/output.ts';
import { INPUT_ROOM, inputFilled, inputPlace, inputStart, sharedInput, takeUnused } from './input.ts';

/** Enough to see what a peer speaks that does not speak TLS. */
const OPENING_BYTES = 64;
/** The longest plaintext of a record. */
const RECORD_BYTES = 16_384;
/** Where the library begins to read with an empty buffer, it asks the kernel for more than this: less is all there was. */
const SHORT_READ = READ_BUFFER_BYTES - RECORD_BYTES;

/** Where ciphertext goes. */
export interface Wire {
  /** @param bytes in the library's memory, at `address`, until this returns */
  send(bytes: Uint8Array, address: Pointer): void;
}

export class Connection extends Handle {
  readonly kind = 'connection';
  /** SSL_get_error of the last call; 0: it succeeded. */
  error: number = ERROR.NONE;
  /** What the last call that failed has said; undefined where the peer was simply gone. */
  failure: Error | undefined;
  readonly #callee: Callee;
  readonly #wire: Wire;
  #input: Pointer;
  /** Where the input comes from: what handshakes read, something that was read too much, the socket. */
  #source: 'shared' | 'memory' | 'socket' = 'shared';
  /** Read before TLS began. */
  #unread: Uint8Array | undefined;
  /** What the peer said first, at most OPENING_BYTES of it; undefined: nothing yet. */
  opening: Uint8Array | undefined;
  /** The last read, or step of the handshake, ended WANT_READ, and yet the socket may have more. */
  mayHaveMore = false;
  /** Steps that messages without data have made the library take: in the last read, and since there were data. */
  heard = 0;
  #barren = 0;
  /** Bytes that had come from the socket when a record last ended with nothing behind it; -1: that was not seen yet. */
  #whole = -1;
  /** What ended the last read, behind the bytes it returned. */
  #broken: { readonly error: number; readonly failure: Error | undefined } | undefined;
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
    this.#unread = unread;
    this.#input = sharedInput();
    C.SSL_set_bio(this.pointer, this.#input, outputReference());
    if (context.options.role === 'client') C.SSL_set_connect_state(this.pointer);
    else C.SSL_set_accept_state(this.pointer);
  }

  /** A call is running: we are inside a callback. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The last `error` ZERO_RETURN was the end of TCP, without close_notify. */
  get wasCut(): boolean {
    return this.#source === 'socket' && C.BIO_ctrl(this.#input, CTRL.BIO_CTRL_EOF, 0, null) === 1;
  }

  /** Goes on with the handshake, as far as one turn takes it: the library passes over whatever a server sends of HelloRequest, for ever. */
  handshake(socket: Socket): void {
    const ssl = this.#begin();
    this.mayHaveMore = false;
    try {
      for (let step = 1; ; step += 1) {
        if (this.#source === 'shared' && !this.#feed(ssl, socket)) break;
        this.#settle(ssl, C.SSL_do_handshake(ssl));
        if (!this.#mayGoOn(ssl, socket)) break;
        this.mayHaveMore = step >= MOST_STEPS && this.error === ERROR.WANT_READ && this.#source === 'shared';
        if (this.mayHaveMore) break;
      }
    } finally {
      if (this.#source === 'shared') this.#leaveShared(ssl, socket);
      this.#end(ssl);
    }
  }

  /** @returns false where the socket has failed */
  #feed(ssl: Pointer, socket: Socket): boolean {
    if (this.error === ERROR.WANT_WRITE) return true;
    const unread = this.#unread;
    if (unread !== undefined) {
      copyTo(inputPlace(), unread.subarray(0, INPUT_ROOM));
      this.opening ??= unread.slice(0, OPENING_BYTES);
      inputFilled(Math.min(INPUT_ROOM, unread.length));
      this.#unread = unread.length > INPUT_ROOM ? unread.subarray(INPUT_ROOM) : undefined;
      return true;
    }
    if (!socket.unread) return true;
    const place = inputPlace();
    const n = socket.read(place, INPUT_ROOM);
    if (n > 0) {
      this.opening ??= inputStart(Math.min(n, OPENING_BYTES));
      inputFilled(n);
    } else if (n === 0) this.#change(ssl, 'socket', socketInput(socket.fd)); // the library finds the end by itself
    if (n >= 0 || n === -EAGAIN) return true;
    this.error = ERROR.SYSCALL;
    this.failure = systemError('read', n);
    return false;
  }

  /** What was not used at once becomes this connection's own; and a handshake that has finished goes on with the socket. */
  #leaveShared(ssl: Pointer, socket: Socket): void {
    const unused = takeUnused();
    if (this.#doomed) return;
    if (unused !== undefined) this.#change(ssl, 'memory', memoryInput(unused));
    else if (this.error === ERROR.NONE) this.#change(ssl, 'socket', socketInput(socket.fd));
  }

  #change(ssl: Pointer, source: 'memory' | 'socket', input: Pointer): void {
    C.SSL_set0_rbio(ssl, input);
    this.#input = input;
    this.#source = source;
  }

  /** Something may be read although the socket has nothing. */
  get hasUnread(): boolean {
    return this.#source === 'memory' || C.SSL_has_pending(this.pointer) !== 0;
  }

  /**
   * Reads as many records into the scratch buffer as fit and are there. What stopped it stands in `error`.
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
    let clean = this.#isWhole;
    try {
      while (filled + RECORD_BYTES <= SCRATCH_BYTES) {
        const before = heardMessages();
        const got = C.SSL_read(ssl, filled === 0 ? scratchPointer : scratchPointer + BigInt(filled), SCRATCH_BYTES - filled);
        this.#settle(ssl, got);
        if (got <= 0) {
          if (!(this.error === ERROR.WANT_READ && this.#readsOn(before)) && (this.mayHaveMore || !this.#mayGoOn(ssl, socket))) break;
          clean = false; // the message that was heard may have been read to its end alone
          continue;
        }
        filled += got;
        this.#barren = 0;
        if (this.#doomed) break;
        const since = this.#sinceWhole(ssl);
        if (since === undefined) continue;
        if (clean && since < SHORT_READ && !socket.endAnnounced) {
          this.error = ERROR.WANT_READ;
          break;
        }
        clean = true;
      }
    } finally {
      this.#end(ssl);
    }
    if (filled > 0 && (this.error === ERROR.SYSCALL || this.error === ERROR.SSL))
      this.#broken = { error: this.error, failure: this.failure };
    return filled;
  }

  /**
   * Between two records, the library's buffer empty: its next read asks for all that has room. A read that gets less has emptied the
   * kernel, and what comes behind it is announced anew; asking once more costs as much as the whole of OpenSSL does for a short message.
   * Within a record it asks for that record's rest alone, and to get it says nothing of what is behind.
   */
  get #isWhole(): boolean {
    return this.#source === 'socket' && Number(C.BIO_number_read(this.#input)) === this.#whole;
  }

  /** Asked when a record has been read. @returns the bytes that have come since it was last like this; undefined: something is behind it */
  #sinceWhole(ssl: Pointer): number | undefined {
    if (this.#source !== 'socket' || C.SSL_has_pending(ssl) !== 0) return undefined;
    const count = Number(C.BIO_number_read(this.#input));
    const since = count - this.#whole;
    this.#whole = count;
    return since;
  }

  /**
   * The library says that it wants to read, also behind a message without data (a key update, a ticket, a renegotiation), whatever lies
   * behind that.
   * @returns whether to read on: it was such a message, and neither have there been too many in a row nor is it somebody else's turn
   */
  #readsOn(before: number): boolean {
    const messages = heardMessages() - before;
    if (messages === 0) return false;
    this.#barren += messages;
    this.heard += messages;
    if (this.#barren > MOST_BARREN) {
      this.error = ERROR.SSL;
      this.failure = new Error('the peer sends messages of TLS without data, one after the other');
      return false;
    }
    this.mayHaveMore = this.heard > MOST_A_TURN;
    return !this.mayHaveMore;
  }

  /** @returns false where it must be tried again when something has been read (the peer renegotiates); see `failure` for worse */
  write(from: Memory, length: number, socket: Socket): boolean {
    const ssl = this.#begin();
    try {
      do this.#settle(ssl, C.SSL_write(ssl, from, length));
      while (this.#mayGoOn(ssl, socket));
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
    C.SSL_set_info_callback(this.pointer, callbacks.info);
  }

  /** For calls that send nothing and call nothing back. */
  get ssl(): Pointer {
    return this.pointer;
  }

  #begin(): Pointer {
    const ssl = this.pointer;
    enter(this.#callee);
    this.#busy = true;
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
    if (this.#doomed) return false;
    if (this.error === ERROR.WANT_WRITE) {
      this.#empty();
      return true;
    }
    if (this.error !== ERROR.WANT_READ) return false;
    if (this.#source === 'shared') return this.#unread !== undefined || socket.unread;
    if (this.#source === 'socket') return false;
    this.#change(ssl, 'socket', socketInput(socket.fd));
    return true;
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
/** Of a handshake in one turn, each with INPUT_ROOM bytes at most: more than the longest chain of certificates has. */
const MOST_STEPS = 8;
/** A key update is one or two. Nobody needs thousands without data between them. */
const MOST_BARREN = 10_000;
/** A millisecond's work. */
const MOST_A_TURN = 50;

function socketInput(fd: number): Pointer {
  const input = C.BIO_new_socket(fd, 0);
  if (input === null) throw opensslError('BIO_new_socket failed');
  return input;
}

/** A copy, at whose end more may come. */
function memoryInput(bytes: Uint8Array): Pointer {
  const input = C.BIO_new(C.BIO_s_mem());
  if (input === null) throw opensslError('BIO_new failed');
  C.BIO_write(input, bytes, bytes.length);
  C.BIO_ctrl(input, CTRL.BIO_C_SET_BUF_MEM_EOF_RETURN, -1, null);
  return input;
}
