/**
 * One wait at a time: it ends with what was waited for, with its limit, or with a failure from outside, whichever is first, and always
 * takes its listeners along. The life of a connection waits so, and so does a dialogue that belongs to no connection.
 */
import type { Leg, LegName } from './leg.ts';

/** What is waited for. */
export interface Wait {
  readonly on: LegName;
  /** Milliseconds; undefined: nothing bounds it here. */
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
  #interrupt: ((cause: Error) => void) | undefined;
  #waitingOn: LegName | undefined;

  /** The leg that is waited on; undefined between two waits. */
  get waitingOn(): LegName | undefined {
    return this.#waitingOn;
  }

  /** Fails the wait there is. */
  interrupt(cause: Error): void {
    this.#interrupt?.(cause);
  }

  /** @param expire makes the error when the limit is over */
  run<T>(on: LegName, limitMs: number | undefined, expire: () => Error, start: Start<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let stop: (() => void) | undefined;
      let settled = false;
      const settle = (finish: () => void): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        this.#interrupt = undefined;
        this.#waitingOn = undefined;
        stop?.();
        finish();
      };
      const timer = limitMs === undefined ? undefined : setTimeout(() => settle(() => reject(expire())), limitMs);
      this.#interrupt = (cause) => settle(() => reject(cause));
      this.#waitingOn = on;
      stop = start(
        (value) => settle(() => resolve(value)),
        (cause) => settle(() => reject(cause)),
      );
      if (settled) stop();
    });
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
