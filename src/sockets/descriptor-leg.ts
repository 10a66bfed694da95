/**
 * A leg on a descriptor: what a plain leg and a TLS leg have in common. Before the relay, bytes are read when somebody takes them or
 * listens, and what was not taken is kept; in the relay, they go from the scratch buffer straight into the other leg, without a copy or
 * an object for each, as long as that one takes them.
 */

import { OvercoatError } from '../errors.ts';
import { systemError } from '../text/system-error.ts';
import type { Flow, Leg } from './leg.ts';
import type { Task } from './poller.ts';
import { poller, WRITABLE } from './poller.ts';
import { scratchBytes } from './scratch.ts';
import { SendingLeg } from './sending-leg.ts';
import type { Socket } from './socket.ts';
import { ECONNRESET } from './system-calls.ts';

/**
 * What one leg may read before the others have their turn: without it one bulk transfer starves a game of ping-pong. A turn of so much takes
 * some 50 us, to ask in between whether somebody has become ready about 1.
 */
const TURN_BYTES = 65_536;
/** Who has read more than this in its last turn is carrying bulk. */
const LITTLE_BYTES = TURN_BYTES / 2;

/** What `fill` says when it is not a number of bytes. */
export const DRAINED = 0;
export const WHOLE = -1;
export const CUT = -2;
/** `fail` was called. */
export const BROKEN = -3;
/** Much was read and nothing of it is for the application; there may be more, once everybody else has had a turn. */
export const LATER = -4;

export abstract class DescriptorLeg extends SendingLeg implements Leg, Task {
  abstract readonly kind: 'plain' | 'tls';
  /** Read and not taken, or given back. */
  #arrived: Buffer | undefined;
  /** The end that was read. */
  #end: 'whole' | 'cut' | undefined;
  #listeners: (() => void)[] = [];
  /** Stands in one of the poller's two queues. Whatever is announced meanwhile is found when it has its turn: announced often, it has no more turns. */
  #queued = false;
  /** Its last turn was a long one. */
  #bulky = false;
  #flow: Flow | undefined;
  #to: DescriptorLeg | undefined;
  /** Whose bytes come here. */
  #from: DescriptorLeg | undefined;
  /** The other leg keeps something: nothing more is read until it has sent that. */
  #stopped = false;
  /** The end was read and is passed on. */
  #passed = false;
  #delivered = false;

  constructor(socket: Socket, unsent?: Uint8Array) {
    super(socket, unsent);
    socket.own(this);
  }

  /**
   * Reads application bytes into the scratch buffer.
   * @returns how many, or one of the constants above
   */
  protected abstract fill(): number;
  /** May `fill` find something without a new announcement? */
  protected abstract get more(): boolean;

  /** What the last `fill` has cost, as a number of bytes that cost as much where much comes at once; it counts where it is more than came. */
  protected get effort(): number {
    return 0;
  }

  get arrived(): number {
    this.#look();
    return this.#arrived?.length ?? 0;
  }

  take(limit: number): Buffer | undefined {
    this.#look();
    const front = this.#arrived;
    if (front === undefined || limit === 0) return undefined;
    this.#arrived = front.length > limit ? front.subarray(limit) : undefined;
    return front.subarray(0, limit);
  }

  giveBack(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.gone) return;
    this.#arrived = this.#arrived === undefined ? Buffer.from(bytes) : Buffer.concat([bytes, this.#arrived]);
  }

  get ended(): boolean {
    return this.#arrived === undefined && (this.#end !== undefined || this.closed);
  }

  /** The end that was read, whatever is still to be taken. `cut`: TCP ended below TLS without close_notify. */
  get endSeen(): 'whole' | 'cut' | undefined {
    return this.#end;
  }

  listen(ready: () => void): () => void {
    const call = (): void => ready();
    this.#listeners.push(call);
    queueMicrotask(() => {
      if (!this.#listeners.includes(call)) return;
      if (this.#hasNews()) call();
      this.#noticeBreak();
    });
    return () => {
      this.#listeners = this.#listeners.filter((listener) => listener !== call);
    };
  }

  /** Reads once where nothing is at hand. */
  #look(): void {
    if (this.#arrived !== undefined || this.#end !== undefined || this.gone || !this.more) return;
    const filled = this.#read();
    if (filled > 0) this.#arrived = Buffer.from(scratchBytes(filled));
    else if (filled === LATER) this.queue('soon');
  }

  #hasNews(): boolean {
    this.#look();
    return this.#arrived !== undefined || this.ended;
  }

  #read(): number {
    const filled = this.fill();
    if (filled === WHOLE) this.#end = 'whole';
    else if (filled === CUT) this.#end = 'cut';
    return filled;
  }

  resetByDeath(): void {
    this.socket.resetByDeath();
  }

  pump(to: Leg, flow: Flow): void {
    if (!(to instanceof DescriptorLeg)) throw new OvercoatError('internal', 'two kinds of sockets in one connection');
    this.#flow = flow;
    this.#to = to;
    to.#from = this;
    this.#stopped = !to.clear;
    this.goOn();
  }

  ready(events: number): void {
    if ((events & WRITABLE) !== 0) this.flush();
    if (!this.gone) this.proceed();
  }

  /** What the subclass does with readiness. */
  protected proceed(): void {
    this.goOn();
  }

  /** Goes on at once where little is to be expected; bulk waits until all others that have become ready are served, however many carry bulk. */
  protected goOn(): void {
    if (this.#bulky) this.queue('soon');
    else if (!this.#queued) this.step();
  }

  /** Its turn has come. */
  run(): void {
    this.#queued = false;
    this.step();
  }

  /** Asks for a turn, once. */
  protected queue(where: 'soon' | 'inLine'): void {
    if (this.#queued) return;
    this.#queued = true;
    poller[where](this);
  }

  /** Whoever is interested in what there is gets it, within this leg's share of a turn. */
  protected step(): void {
    if (this.#flow !== undefined && this.#to !== undefined) this.#bulky = this.#relay(this.#flow, this.#to) > LITTLE_BYTES;
    else if (this.#listeners.length > 0) this.#announce();
  }

  #announce(): void {
    if (!this.#hasNews()) return;
    for (const listener of this.#listeners) listener();
    this.#noticeBreak();
    // who took all that was read may find more where it came from, and no edge tells of that
    if (this.#listeners.length > 0 && this.#arrived === undefined && this.#end === undefined && !this.gone && this.more) this.queue('soon');
  }

  /** Nobody takes what has arrived, so no read finds that the connection is broken: whoever listens is told without one. */
  #noticeBreak(): void {
    if (this.#arrived === undefined || this.#flow !== undefined || this.gone || !this.socket.broken) return;
    this.fail(this.socket.takeError('read') ?? systemError('read', ECONNRESET));
  }

  /** @returns what it has cost, as a number of bytes */
  #relay(flow: Flow, to: DescriptorLeg): number {
    let cost = 0;
    while (!this.#stopped && !this.gone) {
      const early = this.#arrived;
      if (early !== undefined) {
        this.#arrived = undefined;
        this.#hand(to, early, flow);
      } else if (this.#end !== undefined) {
        this.#stopped = true;
        this.#passed = flow.ending(this.#end);
        if (this.#passed) this.#passEnd(to);
      } else if (!this.more) break;
      else if (cost >= TURN_BYTES) {
        this.queue('soon');
        break;
      } else {
        const filled = this.#read();
        if (filled === LATER) {
          this.queue('soon');
          break;
        }
        if (filled <= 0) continue;
        cost += Math.max(filled, this.effort);
        this.#hand(to, scratchBytes(filled), flow);
      }
    }
    return cost;
  }

  #hand(to: DescriptorLeg, bytes: Uint8Array, flow: Flow): void {
    this.#stopped = !to.put(bytes);
    if (to.unheard) this.#dropped(to);
    else flow.moved(bytes.length);
  }

  /** Apart, so that nothing is made for what is not dropped. */
  #dropped(to: DescriptorLeg): void {
    to.refuse(() => to.#delivered && this.socket.unacknowledged === 0);
  }

  protected isEnd(result: number): boolean {
    return this.socket.isEnd(result);
  }

  /**
   * The last end of the two is said by closing, which the relay's owner then does: one system call less for each connection. Closing
   * drops what the kernel has not taken, so what TLS says before its end is said here.
   */
  #passEnd(to: DescriptorLeg): void {
    const isLast = to.#delivered && to.#to === this && to.clear && to.saidAll();
    if (!isLast) to.finish();
    if (isLast || to.finished) this.#deliver();
  }

  #deliver(): void {
    if (this.#delivered) return;
    this.#delivered = true;
    this.#flow?.delivered();
  }

  protected drained(): void {
    const from = this.#from;
    if (from === undefined) return;
    if (from.#passed) {
      if (this.finished) from.#deliver();
    } else if (from.#stopped) {
      from.#stopped = false;
      from.goOn();
    }
  }

  /** Bytes that were read and nobody took, for the leg that takes this one's place. */
  protected get untaken(): Uint8Array | undefined {
    return this.#arrived;
  }

  /** Gives back what the subclass owns. */
  protected abstract release(): void;

  protected letGo(): void {
    this.#arrived = undefined;
    this.release();
    if (this.#listeners.length === 0) return;
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener();
    });
  }
}
