/**
 * One wait at a time: it ends with what was waited for, with its limit, or with a failure from outside, whichever is first, and always
 * takes its listeners along. The life of a connection waits so, and so does a dialogue that belongs to no connection.
 */
import type { Leg, LegName } from './leg.ts';
import type { Deadline } from './wheel.ts';
import { wheel } from './wheel.ts';

/**
 * From here on a limit hangs on the wheel: every connection has two that never come, and a timer of the runtime takes 0.9 us to make and
 * clear. A shorter one (TIMEOUTsniff, a pause of redial) always comes, and somebody waits for it.
 */
const COARSE_FROM_MS = 1000;

/** What is waited for. */
export interface Wait {
  readonly on: LegName;
  /** Milliseconds; undefined: nothing bounds it here. One of COARSE_FROM_MS or more comes up to an eighth of a second late. */
  readonly limitMs: number | undefined;
  /** The error the wait fails with when its limit is over. */
  readonly expired: () => Error;
}

/** Begins what is waited for. @returns what removes its listeners */
export type Start<T> = (done: (value: T) => void, fail: (cause: Error) => void) => () => void;

export interface Waiter {
  /** Rejects with what the limit, a failure or the end of the connection says. */
  wait<T>(wait: Wait, start: Start<T>): Promise<T>;
}

/** Holds the one wait of a Waiter: its limit, its leg, and what interrupts it. */
export class WaitSlot {
  #present: Settling | undefined;

  /** The leg that is waited on; undefined between two waits. */
  get waitingOn(): LegName | undefined {
    return this.#present?.on;
  }

  /** Fails the wait there is. */
  interrupt(cause: Error): void {
    this.#present?.fail(cause);
  }

  /** @param expire makes the error when the limit is over */
  run<T>(on: LegName, limitMs: number | undefined, expire: () => Error, start: Start<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const present = new Settling(on, reject, () => {
      this.#present = undefined;
    });
    this.#present = present;
    try {
      present.begin(limitMs, expire, start, resolve);
    } catch (cause) {
      present.fail(cause instanceof Error ? cause : new Error(String(cause)));
    }
    return promise;
  }
}

/**
 * One wait, from its beginning to whatever settles it first. An object whose methods do it: closures of a Promise's executor that were
 * kept in a field outlived two collections of the young generation, and with them everything of their connection, so that a quarter of
 * what a short connection allocates grew old.
 */
class Settling {
  readonly on: LegName;
  readonly #reject: (cause: Error) => void;
  readonly #over: () => void;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  #deadline: Deadline | undefined;
  #stop: (() => void) | undefined;

  /** @param over called when it is settled, before anybody hears of it */
  constructor(on: LegName, reject: (cause: Error) => void, over: () => void) {
    this.on = on;
    this.#reject = reject;
    this.#over = over;
  }

  begin<T>(limitMs: number | undefined, expire: () => Error, start: Start<T>, resolve: (value: T) => void): void {
    if (limitMs !== undefined) this.#limit(limitMs, () => this.fail(expire()));
    const stop = start(
      (value) => {
        if (this.#settle()) resolve(value);
      },
      (cause) => this.fail(cause),
    );
    if (this.#settled) stop();
    else this.#stop = stop;
  }

  #limit(limitMs: number, expire: () => void): void {
    if (limitMs < COARSE_FROM_MS) this.#timer = setTimeout(expire, limitMs);
    else {
      this.#deadline = wheel.deadline(expire);
      this.#deadline.set(limitMs);
    }
  }

  fail(cause: Error): void {
    if (this.#settle()) this.#reject(cause);
  }

  /** @returns false where it was settled before */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#deadline?.clear();
    this.#over();
    this.#stop?.();
    this.#stop = undefined;
    return true;
  }
}

/** For a dialogue without a connection around it: every wait fails with the failure of any of the legs, also one between two waits. */
export function legWaiter(...legs: readonly Leg[]): Waiter {
  const slot = new WaitSlot();
  let failure: Error | undefined;
  for (const leg of legs) {
    leg.onFailed((cause) => {
      failure ??= cause;
      slot.interrupt(cause);
    });
  }
  return {
    wait: ({ on, limitMs, expired }, start) => (failure === undefined ? slot.run(on, limitMs, expired, start) : Promise.reject(failure)),
  };
}
