/** How long a worker that ended is waited for: at once the first time, longer and longer where it goes on. */

const FIRST_MS = 500;
/** Whoever waits in the queue of a worker waits as long for the next one. */
const LONGEST_MS = 1500;
/** A worker that ran this long is no part of a series. */
const FORGOTTEN_AFTER_MS = 60_000;

export class BackOff {
  readonly #now: () => number;
  #deaths = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A worker has ended. @returns milliseconds until the next may begin */
  next(): number {
    const now = this.#now();
    if (now - this.#lastAt > FORGOTTEN_AFTER_MS) this.#deaths = 0;
    this.#lastAt = now;
    this.#deaths += 1;
    return this.#deaths === 1 ? 0 : Math.min(FIRST_MS * 2 ** (this.#deaths - 2), LONGEST_MS);
  }
}
