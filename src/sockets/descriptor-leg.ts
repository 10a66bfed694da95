/**
 * What a plain leg and a TLS leg have in common: reading with back-pressure and fairness, at most one partial write kept, the two ends,
 * and the one place where the descriptor is given back. How bytes become bytes on the wire is the subclass's.
 */

import type { Endpoint } from '../address/endpoint.ts';
import { systemError } from '../text/system-error.ts';
import type { Task } from './poller.ts';
import { poller, WRITABLE } from './poller.ts';
import type { EndHow, Leg, Receiver } from './push.ts';
import { scratchBytes } from './scratch.ts';
import type { Socket } from './socket.ts';

/** What one leg may read before the others have their turn: without it one bulk transfer starves a game of ping-pong. */
const TURN_BYTES = 262_144;

/** What `fill` says when it is not a number of bytes. */
export const DRAINED = 0;
export const WHOLE = -1;
export const CUT = -2;
/** `fail` was called. */
export const BROKEN = -3;

/** The scratch buffer is in a receiver's hands. */
let delivering = false;

export abstract class DescriptorLeg implements Leg, Task {
  abstract readonly kind: 'plain' | 'tls';
  onSent: (() => void) | undefined;
  onFailed: ((cause: Error) => void) | undefined;
  protected readonly socket: Socket;
  #receiver: Receiver | undefined;
  #reading = false;
  #queued = false;
  /** Given back, to be read before anything else. */
  #given: Uint8Array | undefined;
  /** The end that was read, and whether this receiver knows. */
  #end: 'whole' | 'cut' | undefined;
  #endTold = false;
  #kept: Uint8Array | undefined;
  #finishing = false;
  #lastSaid = false;
  #ended = false;
  #failure: Error | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.own(this);
  }

  /**
   * Reads application bytes into the scratch buffer.
   * @returns how many, or one of the constants above
   */
  protected abstract fill(): number;
  /** May `fill` find something without a new announcement? */
  protected abstract get more(): boolean;
  /** Writes application bytes, with `send`. @returns true when nothing is kept */
  abstract write(bytes: Uint8Array): boolean;
  /** Says the last in the subclass's own language, before FIN. @returns false where that must wait: see `goOnFinishing` */
  protected abstract sayLast(): boolean;
  /** Gives back what the subclass owns. */
  protected abstract release(): void;

  get local(): Endpoint | undefined {
    return this.socket.local;
  }

  get remote(): Endpoint | undefined {
    return this.socket.remote;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get unsent(): number {
    return this.#kept?.length ?? 0;
  }

  read(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#endTold = false;
    this.#reading = true;
    this.run();
  }

  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    if (this.#reading || this.#receiver === undefined) return;
    this.#reading = true;
    this.run();
  }

  giveBack(bytes: Uint8Array): void {
    if (this.#reading) throw new Error('bytes were given back to a leg that is reading');
    if (bytes.length === 0) return;
    this.#given = this.#given === undefined ? bytes.slice() : Buffer.concat([bytes, this.#given]);
    this.#endTold = false;
  }

  /** What was given back and nobody has read: for the leg that takes this one's place. */
  protected takeGiven(): Uint8Array | undefined {
    const given = this.#given;
    this.#given = undefined;
    return given;
  }

  /** Delivers what there is, within this leg's share of a turn. */
  run(): void {
    this.#queued = false;
    if (delivering) {
      this.#again();
      return;
    }
    let share = TURN_BYTES;
    while (this.#reading && this.works) {
      if (this.#given !== undefined) this.#deliver(this.takeGiven() as Uint8Array);
      else if (this.#end !== undefined) {
        this.#tellEnd(this.#end);
        return;
      } else if (!this.more) return;
      else if (share <= 0) {
        this.#again();
        return;
      } else share -= this.#fillAndDeliver();
    }
  }

  /** @returns how many bytes */
  #fillAndDeliver(): number {
    const filled = this.fill();
    if (filled > 0) this.#deliver(scratchBytes(filled));
    else if (filled === WHOLE) this.#end = 'whole';
    else if (filled === CUT) this.#end = 'cut';
    return Math.max(filled, 0);
  }

  #again(): void {
    if (this.#queued) return;
    this.#queued = true;
    poller.soon(this);
  }

  #deliver(bytes: Uint8Array): void {
    delivering = true;
    try {
      this.#receiver?.received(bytes);
    } finally {
      delivering = false;
    }
  }

  #tellEnd(how: 'whole' | 'cut'): void {
    if (this.#endTold) return;
    this.#endTold = true;
    this.#receiver?.ended(how);
  }

  /** Neither ended nor about to fail. */
  protected get works(): boolean {
    return !this.#ended && this.#failure === undefined;
  }

  /** It works, and nothing is kept. */
  protected get clear(): boolean {
    return this.works && this.#kept === undefined;
  }

  /** @param bytes for the wire; what the kernel does not take is copied. @returns true when nothing is kept */
  protected send(bytes: Uint8Array, memory: Uint8Array | bigint | null = bytes): boolean {
    if (!this.works || bytes.length === 0) return this.clear;
    if (this.#kept !== undefined) {
      this.#kept = Buffer.concat([this.#kept, bytes]);
      return false;
    }
    const taken = this.socket.write(memory, bytes.length);
    if (taken === bytes.length) return true;
    if (taken < 0) {
      this.failSoon(systemError('write', taken));
      return false;
    }
    this.#kept = bytes.slice(taken);
    return false;
  }

  finish(): void {
    if (this.#finishing || this.#ended) return;
    this.#finishing = true;
    if (!this.sayLast() || this.#kept !== undefined || this.#failure !== undefined) return;
    this.#lastSaid = true;
    this.socket.shutdownWrite();
    queueMicrotask(() => this.onSent?.());
  }

  /** What `sayLast` had to wait for is over. */
  protected goOnFinishing(): void {
    if (!this.#finishing || this.#lastSaid) return;
    this.#finishing = false;
    this.finish();
  }

  end(how: EndHow): void {
    if (this.#ended) return;
    if (how === 'close' && !this.#finishing && this.#kept === undefined && this.#failure === undefined) this.sayLast();
    this.#close(how);
  }

  #close(how: EndHow): void {
    this.#ended = true;
    this.#reading = false;
    this.#kept = undefined;
    this.#given = undefined;
    this.#receiver = undefined;
    this.onSent = undefined;
    this.socket.close(how);
    this.release();
  }

  ready(events: number): void {
    if ((events & WRITABLE) !== 0 && this.#kept !== undefined) this.#flush();
    if (!this.#ended) this.proceed();
  }

  /** What the subclass does with readiness. */
  protected proceed(): void {
    if (this.#reading) this.run();
  }

  #flush(): void {
    const kept = this.#kept as Uint8Array;
    const taken = this.socket.write(kept, kept.length);
    if (taken < 0) {
      this.fail(systemError('write', taken));
      return;
    }
    if (taken < kept.length) {
      this.#kept = kept.subarray(taken);
      return;
    }
    this.#kept = undefined;
    if (this.#finishing) {
      this.#lastSaid = true;
      this.socket.shutdownWrite();
    }
    this.onSent?.();
  }

  /** Ends the leg and says why. Never from within a call of the owner's. */
  protected fail(cause: Error): void {
    if (this.#ended) return;
    const { onFailed } = this;
    this.#close('close');
    onFailed?.(cause);
  }

  /** From within a call of the owner's: nothing is sent or read any more, and `onFailed` comes when that has returned. */
  protected failSoon(cause: Error): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.#failure = cause;
    queueMicrotask(() => this.fail(cause));
  }
}
