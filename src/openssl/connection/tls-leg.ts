/**
 * A leg under TLS, client or server, on a socket of ours. The peer is judged inside the handshake, so that one that is refused gets the
 * alert that says why; and whatever OpenSSL thinks of a handshake, the leg opens only when this file's own record says that the peer
 * was accepted.
 */
import type { Pointer } from '../../native/binding.ts';
import { BROKEN, CUT, DescriptorLeg, DRAINED, LATER, WHOLE } from '../../sockets/descriptor-leg.ts';
import { memoryOf, SCRATCH_BYTES } from '../../sockets/scratch.ts';
import type { Socket } from '../../sockets/socket.ts';
import { Answers } from '../context/answers.ts';
import type { Context } from '../context/context.ts';
import { wireOf } from '../context/context.ts';
import { Facts } from '../context/facts.ts';
import type { TlsLegOptions } from '../context/leg-options.ts';
import type { Verdict } from '../context/verdict.ts';
import { OpensslError } from '../library/errors.ts';
import { C, CTRL, ERROR } from '../library/library.ts';
import type { Session } from '../sessions/session.ts';
import { Connection } from './connection.ts';

/** The peer ended the connection without a word. */
export class PeerGone extends Error {
  constructor() {
    super('Peer suddenly disconnected');
    this.name = 'PeerGone';
  }
}

/** The verdict was no, after a handshake that had no place for it (a resumed session, a server that had to wait). */
export class PeerRefused extends Error {
  /** X509_V_ERR_. */
  readonly error: number;
  constructor(error: number) {
    super(`certificate verify failed: ${C.X509_verify_cert_error_string(error) ?? error}`);
    this.name = 'PeerRefused';
    this.error = error;
  }
}

/**
 * The library marks a session of TLS 1.3 that was resumed as used up. Whether it may be shown once more is its owner's to say, so it is a
 * copy that is offered. @returns which one
 */
function offer(ssl: Pointer, session: Session): Pointer | undefined {
  const copy = C.SSL_SESSION_dup(session.pointer);
  if (copy === null) return undefined;
  C.SSL_set_session(ssl, copy);
  C.SSL_SESSION_free(copy);
  return copy;
}

const HOST_NAME = 0;
/** What the library says of a cut where a user has taken its option IGNORE_UNEXPECTED_EOF away. */
const UNEXPECTED_EOF = 'unexpected eof while reading';

/** Minus errno; 0: the failure is not the system's. */
function errnoOf(failure: NodeJS.ErrnoException): number {
  return failure.errno ?? 0;
}

export class TlsLeg extends DescriptorLeg {
  readonly kind = 'tls';
  /** Valid until the leg has ended: asked later, it throws. */
  readonly agreed: Facts;
  readonly #connection: Connection;
  readonly #answers: Answers;
  #state: 'new' | 'handshake' | 'judging' | 'open' = 'new';
  #more = true;
  /** TLS was given bytes that were read before it began. */
  readonly #hasInput: boolean;
  #done: ((failure: Error | undefined) => void) | undefined;
  /** Plain bytes that must wait until the peer has said its part of a renegotiation. */
  #waiting: Uint8Array | undefined;
  /** And the end of our direction, also where there are no such bytes: the library says none within a handshake. */
  #lastWaits = false;

  /** @throws OpensslError */
  constructor(socket: Socket, options: TlsLegOptions) {
    super(socket, options.unsent);
    const ssl = (): Pointer => this.#connection.ssl;
    this.agreed = new Facts(ssl);
    this.#answers = new Answers(options, ssl, this.agreed, () => this.#goOn());
    const wire = { send: (bytes: Uint8Array, address: Pointer): boolean => this.send(bytes, address) };
    this.#connection = new Connection(options.context, this.#answers, wire, options.unread);
    this.#hasInput = options.unread !== undefined;
    this.#prepare(options);
    super.onFailed((cause) => this.#finish(cause));
  }

  #prepare({ serverName, session, groups, alpn = [] }: TlsLegOptions): void {
    const { ssl } = this.#connection;
    if (alpn.length > 0 && this.context.alpnWire.length === 0) {
      const wire = wireOf(alpn);
      C.SSL_set_alpn_protos(ssl, wire, wire.length);
    }
    if (serverName !== undefined) C.SSL_ctrl(ssl, CTRL.SSL_CTRL_SET_TLSEXT_HOSTNAME, HOST_NAME, Buffer.from(`${serverName}\0`));
    if (groups !== undefined) C.SSL_ctrl(ssl, CTRL.SSL_CTRL_SET_GROUPS_LIST, 0, Buffer.from(`${groups}\0`));
    if (session !== undefined) this.#answers.offered = offer(ssl, session);
  }

  /**
   * Starts the handshake.
   * @param done called once, perhaps before this returns: the peer is accepted and the leg open, or the leg has failed: it is closed
   *   when this turn is over, unless it is ended before. Not after `end`. Errors: OpensslError, PeerGone, PeerRefused, or the system's
   */
  handshake(done: (failure: Error | undefined) => void): void {
    this.#state = 'handshake';
    this.#done = done;
    if (this.#answers.role === 'client' || this.socket.unread || this.#hasInput) this.#standInLine();
  }

  /** A failure of the handshake is told to whoever asked for that, and to nobody here. */
  override onFailed(listener: (cause: Error) => void): void {
    super.onFailed((cause) => {
      if (this.#state === 'open') listener(cause);
    });
  }

  /** What the peer of a failed handshake is to see depends on why it failed: until this turn is over whoever owns the leg may end it otherwise. */
  protected override closeFailed(): void {
    if (this.#state === 'open') super.closeFailed();
    else setImmediate(() => super.closeFailed());
  }

  /** TLS 1.3: new keys both ways. @returns false up to TLS 1.2 */
  updateKeys(): boolean {
    return this.#state === 'open' && !this.gone && this.#connection.updateKeys();
  }

  protected override get clear(): boolean {
    return super.clear && this.#waiting === undefined;
  }

  /** The first bytes of the peer; undefined: it has sent none. */
  get opening(): Uint8Array | undefined {
    return this.#connection.opening;
  }

  /** Where the choice fell, of several virtual hosts. */
  get context(): Context {
    return this.#answers.context;
  }

  /** A handshake signs and checks signatures: of a thousand that are due streams must not have to wait for more than a few. */
  #standInLine(): void {
    this.queue('inLine');
  }

  protected override step(): void {
    if (this.#state === 'open') super.step();
    else if (this.#state === 'handshake' && !this.gone) this.#step();
  }

  #step(): void {
    if (this.#answers.waits) return;
    this.#connection.handshake(this.socket);
    if (this.gone) return;
    this.#answers.afterCall();
    switch (this.#connection.error) {
      case ERROR.NONE:
        this.#state = 'judging';
        this.#answers.conclude((verdict) => this.#judged(verdict));
        return;
      case ERROR.WANT_READ:
        if (this.#connection.mayHaveMore) this.#standInLine();
        return;
      case ERROR.WANT_CLIENT_HELLO_CB:
      case ERROR.WANT_RETRY_VERIFY:
        return;
      default:
        this.fail(this.#answers.thrown ?? this.#connection.failure ?? new PeerGone());
    }
  }

  /** A verdict or a choice that had to wait has come. */
  #goOn(): void {
    if (!this.gone && this.#state === 'handshake') this.#standInLine();
  }

  #judged(verdict: Verdict): void {
    if (this.gone) return;
    if (!verdict.accepted) {
      this.fail(this.#answers.thrown ?? new PeerRefused(verdict.error));
      return;
    }
    this.#state = 'open';
    this.#connection.heedMessages();
    this.#more = this.socket.unread || this.#connection.hasUnread;
    this.#finish(undefined);
  }

  #finish(failure: Error | undefined): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(failure);
  }

  protected override proceed(): void {
    if (this.socket.unread) this.#more = true;
    if (this.#state === 'handshake') this.#standInLine();
    else if (this.#state === 'open' && this.#connection.heard > 0)
      this.#standInLine(); // it may be about to renegotiate
    else if (this.#state === 'open') super.proceed();
  }

  protected get more(): boolean {
    this.#mustBeOpen();
    return this.#more;
  }

  protected override get effort(): number {
    return this.#connection.effort;
  }

  protected fill(): number {
    this.socket.unread = false;
    const filled = this.#connection.read(this.socket);
    if (this.gone) return BROKEN;
    this.#answers.afterCall();
    // what stopped the read: the write has an error of its own
    const { error, failure, mayHaveMore, wasCut } = this.#connection;
    if (this.#waiting !== undefined || this.#lastWaits) this.#writeWaiting();
    if (error === ERROR.WANT_READ) this.#more = mayHaveMore;
    if (filled > 0) return filled;
    if (error === ERROR.WANT_READ) return mayHaveMore ? LATER : DRAINED;
    if (error === ERROR.ZERO_RETURN) return wasCut ? CUT : WHOLE;
    if (failure === undefined || (failure instanceof OpensslError ? failure.has(UNEXPECTED_EOF) : this.isEnd(errnoOf(failure)))) return CUT;
    this.fail(failure);
    return BROKEN;
  }

  protected put(bytes: Uint8Array): boolean {
    this.#mustBeOpen();
    if (this.#waiting !== undefined) {
      this.#waiting = Buffer.concat([this.#waiting, bytes]);
      return false;
    }
    if (bytes.length <= SCRATCH_BYTES) this.#encrypt(bytes, memoryOf(bytes));
    else for (let at = 0; at < bytes.length; at += SCRATCH_BYTES) this.#encryptOrKeep(bytes.subarray(at, at + SCRATCH_BYTES));
    return this.clear;
  }

  #encryptOrKeep(bytes: Uint8Array): void {
    if (this.#waiting === undefined) this.#encrypt(bytes, bytes);
    else this.#waiting = Buffer.concat([this.#waiting, bytes]);
  }

  #encrypt(bytes: Uint8Array, memory: Uint8Array | Pointer | null): void {
    if (this.gone || bytes.length === 0) return;
    const connection = this.#connection;
    if (!connection.renegotiates && connection.write(memory, bytes.length)) return;
    if (connection.renegotiates) this.#waiting = bytes.slice();
    else this.fail(connection.failure ?? new PeerGone());
  }

  #writeWaiting(): void {
    if (this.#connection.renegotiates) return;
    const bytes = this.#waiting;
    this.#waiting = undefined;
    if (bytes !== undefined) this.put(bytes);
    this.#lastWaits = false;
    // not within the present read, whose bytes are still in the scratch buffer
    queueMicrotask(() => {
      if (this.clear) this.emptied();
    });
  }

  protected sayLast(): boolean {
    if (this.#state !== 'open') return true;
    this.#lastWaits = this.#waiting !== undefined || this.#connection.renegotiates;
    if (this.#lastWaits) return false;
    if (!this.#connection.busy) this.#connection.shutdown();
    return true;
  }

  protected release(): void {
    this.#connection.free();
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') throw new Error('a TLS leg was used before its peer was accepted');
  }
}
