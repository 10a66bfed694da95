/**
 * Bytes both ways between two legs until both ends have said their last: back-pressure (a leg that keeps something stops the other),
 * half-close (the end of one direction is passed on, the other goes on), counters, and the clock: TIMEOUTidle while both directions are
 * open, TIMEOUTclose once one has ended and all it carried is delivered. It knows nothing of what the legs are.
 */
import type { Leg, Receiver } from '../sockets/push.ts';
import type { Deadline } from '../sockets/wheel.ts';
import { wheel } from '../sockets/wheel.ts';

/** How a relay ended. The legs are the caller's to end, except those that have failed. */
export type RelayEnd =
  /** Both directions have ended and are delivered. */
  | { readonly kind: 'finished' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'close-timeout' }
  /** `leg` broke: a reset, a TLS alert. */
  | { readonly kind: 'failed'; readonly leg: Leg; readonly cause: Error }
  /** `leg` was cut off, and the relay was told to take that for a failure. */
  | { readonly kind: 'cut'; readonly leg: Leg };

export interface RelayOptions {
  /** Milliseconds; undefined: no limit. */
  readonly idleMs: number | undefined;
  readonly closeMs: number | undefined;
  /** An end without close_notify ends the relay (`strictClose`); else it counts as an end, and `cutSeen` hears of it. */
  readonly strictClose: boolean;
  readonly cutSeen?: (leg: Leg) => void;
  /** Bytes handed to `to`; called for every read. */
  readonly moved: (to: Leg, bytes: number) => void;
  /** Called once. Nothing is called after it. */
  readonly done: (end: RelayEnd) => void;
}

/** One direction. */
class Flow implements Receiver {
  readonly from: Leg;
  readonly to: Leg;
  readonly #relay: Relay;
  /** `open`, then `ended` (the last was read), then `delivered`. */
  state: 'open' | 'ended' | 'delivered' = 'open';

  constructor(from: Leg, to: Leg, relay: Relay) {
    this.from = from;
    this.to = to;
    this.#relay = relay;
    to.onSent = () => this.#sent();
  }

  received(bytes: Uint8Array): void {
    this.#relay.moved(this.to, bytes.length);
    if (!this.to.write(bytes)) this.from.pause();
  }

  ended(how: 'whole' | 'cut'): void {
    this.state = 'ended';
    if (how === 'cut' && !this.#relay.goesOn(this.from)) return;
    // The last end of the two is said by closing, which the caller does: one system call less for each connection.
    if (this.#relay.isLast(this) && this.to.unsent === 0) this.#deliver();
    else this.to.finish();
  }

  #sent(): void {
    if (this.state === 'open') this.from.resume();
    else if (this.state === 'ended') this.#deliver();
  }

  #deliver(): void {
    this.state = 'delivered';
    this.#relay.delivered();
  }
}

class Relay {
  readonly #options: RelayOptions;
  readonly #flows: readonly [Flow, Flow];
  readonly #deadline: Deadline;
  #over = false;

  constructor(one: Leg, other: Leg, options: RelayOptions) {
    this.#options = options;
    this.#flows = [new Flow(one, other, this), new Flow(other, one, this)];
    this.#deadline = wheel.deadline(() => this.#expire());
    for (const leg of [one, other]) leg.onFailed = (cause) => this.#end({ kind: 'failed', leg, cause });
  }

  start(): void {
    this.#set(this.#options.idleMs);
    for (const flow of this.#flows) if (!this.#over) flow.from.read(flow);
  }

  moved(to: Leg, bytes: number): void {
    this.#options.moved(to, bytes);
    this.#set(this.#flows.some((flow) => flow.state === 'delivered') ? this.#options.closeMs : this.#options.idleMs);
  }

  /** @returns false where a cut ends the relay */
  goesOn(leg: Leg): boolean {
    this.#options.cutSeen?.(leg);
    if (this.#options.strictClose) this.#end({ kind: 'cut', leg });
    return !this.#over;
  }

  isLast(flow: Flow): boolean {
    const [one, other] = this.#flows;
    return (flow === one ? other : one).state === 'delivered';
  }

  delivered(): void {
    if (this.#flows.every((flow) => flow.state === 'delivered')) this.#end({ kind: 'finished' });
    else this.#set(this.#options.closeMs);
  }

  #set(ms: number | undefined): void {
    if (this.#over) return;
    if (ms === undefined) this.#deadline.clear();
    else this.#deadline.set(ms);
  }

  #expire(): void {
    this.#end({ kind: this.#flows.some((flow) => flow.state === 'delivered') ? 'close-timeout' : 'idle' });
  }

  #end(end: RelayEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.clear();
    for (const { from } of this.#flows) {
      from.pause();
      from.onSent = undefined;
      from.onFailed = undefined;
    }
    this.#options.done(end);
  }
}

/**
 * Relays from now on. Legs that have ended already, or end at once, are relayed as well: `done` may be called before this returns.
 * @param one and `other`: nobody else reads, writes or ends them until `done`
 */
export function relay(one: Leg, other: Leg, options: RelayOptions): void {
  new Relay(one, other, options).start();
}
