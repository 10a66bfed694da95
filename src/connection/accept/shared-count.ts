/**
 * How many connections all workers have together, and how many they may have: one number a worker and the limit, in memory they
 * share. Each writes its own number only, so a worker that ended is taken out by setting its number to nothing.
 */

const LIMIT = 0;
const FIRST_WORKER = 1;
const NO_LIMIT = 0;

/** How many 32-bit numbers that many workers need. */
export function sharedCountLength(workers: number): number {
  return FIRST_WORKER + workers;
}

export class SharedCount {
  readonly #numbers: Int32Array;
  readonly #own: number;

  /**
   * @param numbers zeros at first; by default memory of this process alone
   * @param place of the worker whose number `own` is
   */
  constructor(numbers: Int32Array = new Int32Array(sharedCountLength(1)), place = 0) {
    this.#numbers = numbers;
    this.#own = FIRST_WORKER + place;
  }

  get own(): number {
    return Atomics.load(this.#numbers, this.#own);
  }

  set own(count: number) {
    Atomics.store(this.#numbers, this.#own, count);
  }

  get total(): number {
    let total = 0;
    for (let at = FIRST_WORKER; at < this.#numbers.length; at += 1) total += Atomics.load(this.#numbers, at);
    return total;
  }

  /** undefined: any number. */
  get limit(): number | undefined {
    const limit = Atomics.load(this.#numbers, LIMIT);
    return limit === NO_LIMIT ? undefined : limit;
  }

  set limit(limit: number | undefined) {
    Atomics.store(this.#numbers, LIMIT, limit ?? NO_LIMIT);
  }
}
