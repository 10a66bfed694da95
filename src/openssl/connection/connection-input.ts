/**
 * Where the library reads for one connection. An open one reads its socket. A handshake is fed what we have read, some of it at a time, also
 * one that begins on an open connection: within it the library passes over whatever a server sends of HelloRequest, however long that goes
 * on, and nobody else would have their turn.
 */
import type { Pointer } from '../../native/binding.ts';
import { copyTo } from '../../native/binding.ts';
import type { Socket } from '../../sockets/socket.ts';
import { EAGAIN } from '../../sockets/system-calls.ts';
import { READ_BUFFER_BYTES } from '../context/context.ts';
import { opensslError } from '../library/errors.ts';
import { C, CTRL } from '../library/library.ts';
import { INPUT_ROOM, inputFilled, inputPlace, inputStart, moveUnused, sharedInput, unusedBytes } from './input.ts';

/** Enough to see what a peer speaks that does not speak TLS. */
const OPENING_BYTES = 64;
/** The longest plaintext of a record. */
export const RECORD_BYTES = 16_384;
/** A peer that sends a byte whenever one was read would have its handshake read them for as long as that goes on. */
const MOST_READS = 64;
/** Where the library begins to read with an empty buffer, it asks the kernel for more than this: less is all there was. */
const SHORT_READ = READ_BUFFER_BYTES - RECORD_BYTES;

export class ConnectionInput {
  /** What the peer said first, at most OPENING_BYTES of it; undefined: nothing yet. */
  opening: Uint8Array | undefined;
  /** A handshake has been fed its part of this turn; there may be more. */
  hadItsPart = false;
  /** Bytes that handshakes were fed of what is the connection's own, since whoever counts them has said 0. */
  fed = 0;
  #bio: Pointer;
  /** What handshakes share, something that is this connection's own, or its socket. */
  #source: 'shared' | 'own' | 'socket' = 'shared';
  /** Read before TLS began. */
  #unread: Uint8Array | undefined;
  /** Bytes that a handshake was fed in this turn, and in how many reads. */
  #part = 0;
  #reads = 0;
  /** Bytes that had come from the socket when a record last ended with nothing behind it; -1: that was not seen yet. */
  #whole = -1;

  /** @param unread what was read from the socket already: TLS reads it first */
  constructor(unread: Uint8Array | undefined) {
    this.#unread = unread;
    this.#bio = sharedInput();
  }

  /** What an SSL begins with. */
  get bio(): Pointer {
    return this.#bio;
  }

  /** Something was read that the library has not seen. */
  get isOwn(): boolean {
    return this.#source === 'own';
  }

  /** The socket has ended; false also where it was not asked. */
  get atEnd(): boolean {
    return this.#source === 'socket' && C.BIO_ctrl(this.#bio, CTRL.BIO_CTRL_EOF, 0, null) === 1;
  }

  beginTurn(): void {
    this.#part = 0;
    this.#reads = 0;
    this.hadItsPart = false;
  }

  /** Before a step of the first handshake. @returns minus errno where the socket has failed */
  feedShared(ssl: Pointer, socket: Socket): number {
    if (this.#source !== 'shared') return 0;
    const unread = this.#unread;
    if (unread !== undefined) {
      const part = unread.subarray(0, this.#partLeft);
      copyTo(inputPlace(), part);
      this.opening ??= unread.slice(0, OPENING_BYTES);
      inputFilled(part.length);
      this.#part += part.length;
      this.#unread = unread.length > part.length ? unread.subarray(part.length) : undefined;
      return 0;
    }
    if (!socket.unread) return 0;
    const n = socket.read(inputPlace(), this.#partLeft);
    if (n > 0) {
      this.opening ??= inputStart(Math.min(n, OPENING_BYTES));
      inputFilled(n);
      this.#part += n;
    } else if (n === 0) this.#readSocket(ssl, socket); // the library finds the end by itself
    return n >= 0 || n === -EAGAIN ? 0 : n;
  }

  /** Behind the steps: what was not used at once becomes this connection's own, and one whose handshake has finished goes on with its socket. */
  leaveShared(ssl: Pointer, socket: Socket, finished: boolean): void {
    if (this.#source !== 'shared') return;
    const unused = unusedBytes();
    if (unused > 0 || (finished && this.#unread !== undefined)) this.#readOwn(ssl, unused);
    else if (finished) this.#readSocket(ssl, socket);
  }

  /** The same for one whose SSL is about to be freed. */
  dropShared(): void {
    if (this.#source === 'shared') moveUnused(unusedBytes(), null);
  }

  /** A handshake begins on an open connection, within a call. */
  handshakeBegins(ssl: Pointer): void {
    if (this.#source === 'socket') this.#readOwn(ssl, 0);
  }

  /**
   * The library wants to read.
   * @returns positive: there is more for it now; 0: there is not; minus errno: the socket has failed
   */
  goOn(ssl: Pointer, socket: Socket): number {
    if (this.#source === 'socket') return 0;
    if (this.#source === 'shared') return (this.#unread !== undefined || socket.unread) && this.#hasPart() ? 1 : 0;
    if (C.SSL_in_init(ssl) === 0) {
      this.#readSocket(ssl, socket);
      return 1;
    }
    return this.#hasPart() ? this.#feedOwn(ssl, socket) : 0;
  }

  /** Bytes for a handshake in what is left of this turn. Its flights are shorter, and records of one byte are a millisecond's work as many. */
  get #partLeft(): number {
    return INPUT_ROOM - this.#part;
  }

  #hasPart(): boolean {
    this.hadItsPart = this.#partLeft === 0 || this.#reads >= MOST_READS;
    return !this.hadItsPart;
  }

  #feedOwn(ssl: Pointer, socket: Socket): number {
    const place = inputPlace();
    const n = socket.read(place, this.#partLeft);
    if (n === -EAGAIN) return 0;
    if (n < 0) return n;
    if (n === 0) this.#readSocket(ssl, socket);
    else C.BIO_write(this.#bio, place, n);
    this.#part += n;
    this.#reads += 1;
    this.fed += n;
    return 1;
  }

  /**
   * Between two records, the library's buffer empty: its next read asks for all that has room. A read that gets less has emptied the
   * kernel, and what comes behind it is announced anew; asking once more costs as much as the whole of OpenSSL does for a short message.
   * Within a record it asks for that record's rest alone, and to get it says nothing of what is behind.
   */
  get isWhole(): boolean {
    return this.#source === 'socket' && Number(C.BIO_number_read(this.#bio)) === this.#whole;
  }

  /** Asked when a record has been read. @returns what has come since it was last like this was less than was asked for; undefined: something is behind it */
  endsShort(ssl: Pointer): boolean | undefined {
    if (this.#source !== 'socket' || C.SSL_has_pending(ssl) !== 0) return undefined;
    const count = Number(C.BIO_number_read(this.#bio));
    const since = count - this.#whole;
    this.#whole = count;
    return since < SHORT_READ;
  }

  #readSocket(ssl: Pointer, { fd }: Socket): void {
    const bio = C.BIO_new_socket(fd, 0);
    if (bio === null) throw opensslError('BIO_new_socket failed');
    this.#change(ssl, 'socket', bio);
  }

  /** @param unused bytes of the shared input that come first, before what is still unread; at their end more may come */
  #readOwn(ssl: Pointer, unused: number): void {
    const bio = C.BIO_new(C.BIO_s_mem());
    if (bio === null) throw opensslError('BIO_new failed');
    moveUnused(unused, bio);
    if (this.#unread !== undefined) C.BIO_write(bio, this.#unread, this.#unread.length);
    this.#unread = undefined;
    C.BIO_ctrl(bio, CTRL.BIO_C_SET_BUF_MEM_EOF_RETURN, -1, null);
    this.#change(ssl, 'own', bio);
  }

  #change(ssl: Pointer, source: 'own' | 'socket', bio: Pointer): void {
    C.SSL_set0_rbio(ssl, bio);
    this.#bio = bio;
    this.#source = source;
    this.#whole = -1;
  }
}
