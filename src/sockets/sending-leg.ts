/**
 * The writing half of a leg on a descriptor, and its end: at most what one write left over is kept, the two ends (FIN, close) are said
 * behind it, and the descriptor is given back here and nowhere else. How bytes become bytes on the wire is the subclass's.
 */

import type { Endpoint } from '../address/endpoint.ts';
import { systemError } from '../text/system-error.ts';
import type { EndHow } from './leg.ts';
import type { Socket } from './socket.ts';
import { EPIPE } from './system-calls.ts';
import type { Deadline } from './wheel.ts';
import { wheel } from './wheel.ts';

/** How long the other peer has to read the last of one that reads no more, before it gets a reset for what it has sent since. */
const REFUSAL_MS = 2000;

type Written = (error?: Error | null) => void;

export abstract class SendingLeg {
  protected readonly socket: Socket;
  #kept: Uint8Array | undefined;
  /** Whose bytes are among those kept. */
  #writers: Written[] = [];
  #finishing = false;
  #saidLast = false;
  #finished = false;
  #closed = false;
  #unheard = false;
  /** Runs once bytes came for a peer that reads no more. */
  #refusal: Deadline | undefined;
  #failure: Error | undefined;
  #onFailed: ((cause: Error) => void)[] = [];

  /** @param unsent of the leg that had the socket before: goes out first */
  constructor(socket: Socket, unsent?: Uint8Array) {
    this.socket = socket;
    this.#kept = unsent;
  }

  /** Writes application bytes, with `send`. @returns true when nothing is kept */
  protected abstract put(bytes: Uint8Array): boolean;
  /** Says the last in the subclass's own language, before FIN. @returns false where that must wait: it is asked again by `emptied` */
  protected abstract sayLast(): boolean;
  /** Nothing is kept any more, or our direction has ended. */
  protected abstract drained(): void;
  /** The leg is closed: everything it owned is given back. */
  protected abstract letGo(): void;

  get local(): Endpoint | undefined {
    return this.socket.local;
  }

  get remote(): Endpoint | undefined {
    return this.socket.remote;
  }

  get descriptor(): number {
    return this.socket.fd;
  }

  get gone(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  /** It was ended, or has failed and said so. */
  protected get closed(): boolean {
    return this.#closed;
  }

  /** The peer reads no more, and what it sent is still being read: what is written is dropped. */
  protected get unheard(): boolean {
    return this.#unheard;
  }

  /** Whether what a call has returned says that the peer has closed, and that what it sent is whole. @param result minus errno */
  protected abstract isEnd(result: number): boolean;

  /** Neither ended nor about to fail, and nothing is kept. */
  protected get clear(): boolean {
    return !this.gone && this.#kept === undefined;
  }

  /** Our direction has ended, and the kernel knows. */
  protected get finished(): boolean {
    return this.#finished;
  }

  onFailed(listener: (cause: Error) => void): void {
    this.#onFailed.push(listener);
  }

  onGone(listener: () => void): void {
    this.socket.onClosed(listener);
  }

  write(bytes: Uint8Array, written?: Written): void {
    const clear = this.put(bytes);
    if (written === undefined) return;
    if (clear) queueMicrotask(() => written());
    else if (this.#closed) queueMicrotask(() => written(this.#broken));
    else this.#writers.push(written);
  }

  /**
   * @param bytes for the wire; what the kernel does not take is copied. Behind our last there is nothing to say: TLS may want to answer a peer
   *   that goes on (new keys), on a socket that takes no more
   * @returns true when nothing is kept
   */
  protected send(bytes: Uint8Array, memory: Uint8Array | bigint | null = bytes): boolean {
    if (this.gone || bytes.length === 0 || this.#unheard || this.#saidLast) return this.clear;
    if (this.#kept !== undefined) {
      this.#kept = Buffer.concat([this.#kept, bytes]);
      return false;
    }
    const taken = this.socket.write(memory, bytes.length);
    if (taken === bytes.length) return true;
    if (taken < 0) this.#writeFailed(taken);
    else this.#kept = bytes.slice(taken);
    return this.clear;
  }

  #writeFailed(result: number): void {
    if (!this.isEnd(result)) {
      this.fail(systemError('write', result));
      return;
    }
    this.#unheard = true;
    this.#kept = undefined;
  }

  /**
   * Bytes came for a peer that reads no more. That breaks the connection, as it does with TCP, but only once the other peer has had time to
   * read all that came from this one: a reset drops what is on its way, and a program that finds one may read no further.
   * @param settled whether that peer's kernel has all of it
   */
  protected refuse(settled: () => boolean): void {
    if (this.#refusal !== undefined || this.gone) return;
    const refusal = wheel.deadline(() => {
      if (settled()) this.fail(this.#broken);
      else refusal.set(REFUSAL_MS);
    });
    refusal.set(REFUSAL_MS);
    this.#refusal = refusal;
  }

  /** What could not be sent goes out now; call it when there is room. */
  protected flush(): void {
    const kept = this.#kept;
    if (kept === undefined || this.gone) return;
    const taken = this.socket.write(kept, kept.length);
    if (taken < 0) this.#writeFailed(taken);
    else this.#kept = taken < kept.length ? kept.subarray(taken) : undefined;
    if (this.#kept === undefined) this.emptied();
  }

  /** Nothing is kept any more: whoever waits for that is told. */
  protected emptied(): void {
    if (!this.clear) return;
    if (this.#writers.length > 0) for (const written of this.#writers.splice(0)) written();
    if (this.#finishing) this.#goOnFinishing();
    else if (this.clear) this.drained();
  }

  finish(last?: Uint8Array): void {
    if (this.#finishing || this.gone) return;
    if (last !== undefined) this.put(last);
    this.#finishing = true;
    this.#goOnFinishing();
  }

  #goOnFinishing(): void {
    if (this.#finished || this.gone) return;
    if (!this.saidAll()) return;
    this.#finished = true;
    this.endSending();
    this.drained();
  }

  /** Says the last, once; nothing may be written after it. @returns true where the kernel has all of it */
  protected saidAll(): boolean {
    if (!this.#saidLast) this.#saidLast = this.sayLast();
    return this.#saidLast && this.clear;
  }

  /** Half-close. */
  protected endSending(): void {
    this.socket.shutdownWrite();
  }

  end(how: EndHow): void {
    if (this.#closed) return;
    if (how === 'close' && !this.#finishing && this.clear) this.saidAll();
    this.#close(how);
  }

  #close(how: EndHow): void {
    this.#closed = true;
    this.#kept = undefined;
    this.#refusal?.clear();
    this.socket.close(how);
    this.letGo();
    if (this.#writers.length === 0) return;
    const writers = this.#writers.splice(0);
    queueMicrotask(() => {
      for (const written of writers) written(this.#broken);
    });
  }

  get #broken(): Error {
    return this.#failure ?? systemError('write', EPIPE);
  }

  /**
   * The leg breaks: nothing is sent or read any more, and when the present call has returned it is closed and says why. Never within a
   * call, whose caller would find the leg gone from under its hands.
   */
  protected fail(cause: Error): void {
    if (this.gone) return;
    this.#failure = cause;
    queueMicrotask(() => {
      if (this.#closed) return;
      this.closeFailed();
      for (const listener of this.#onFailed) listener(cause);
    });
  }

  /** Closes a leg that has failed, before anybody hears of that. */
  protected closeFailed(): void {
    if (!this.#closed) this.#close('close');
  }

  /** The socket goes on under another leg. @returns what that has to send first */
  protected abandon(): Uint8Array | undefined {
    const unsent = this.#kept;
    this.#closed = true;
    this.#kept = undefined;
    this.socket.own(undefined);
    return unsent;
  }
}
