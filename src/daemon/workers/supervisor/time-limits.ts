/** How long workers that do not answer are waited for. */

/** One of them must not keep a port from being given back. */
const ANSWER_WITHIN_MS = 5000;
/** Nor the process from ending, for which a service manager has set a time, too. */
const END_WITHIN_MS = 5000;
/** A process that is killed is gone at once, unless the kernel waits for a device. */
const KILLED_WITHIN_MS = 1000;

/** The end of a pool: one time for all that its workers are told then, which begins with the first of it. */
export class TimeToEnd {
  #endAt: number | undefined;

  /** Resolves with the work, or when the time is over. Rejects with the work. */
  within(work: Promise<unknown>): Promise<unknown> {
    this.#endAt ??= performance.now() + END_WITHIN_MS;
    return withinLimit(work, Math.max(0, this.#endAt - performance.now()));
  }
}

/** Resolves with the end of processes that were killed, or when they had time enough for it. */
export function whenKilled(ended: Promise<unknown>): Promise<unknown> {
  return withinLimit(ended, KILLED_WITHIN_MS);
}

/** Resolves with the work, or when a worker has had time enough for it. Rejects with the work. */
export function withinLimit(work: Promise<unknown>, limitMs = ANSWER_WITHIN_MS): Promise<unknown> {
  const limit = new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    const over = (): void => clearTimeout(timer);
    void work.then(over, over);
  });
  return Promise.race([work, limit]);
}
