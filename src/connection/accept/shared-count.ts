/**
 * How many connections all threads of the process have together, and how many they may have: one number a thread and the limit, in
 * memory they share. Each writes its own number only, so the connections of a thread that ended are taken out by setting its number to 0.
 */

const LIMIT = 0;
const FIRST_THREAD = 1;
const NO_LIMIT = 0;

/** Memory for that many threads. */
export function sharedCountMemory(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST_THREAD + threads) * Int32Array.BYTES_PER_ELEMENT);
}

export class SharedCount {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #own: number;

  /** @param thread whose number `own` is */
  constructor(memory: SharedArrayBuffer = sharedCountMemory(1), thread = 0) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory);
    this.#own = FIRST_THREAD + thread;
  }

  get own(): number {
    return Atomics.load(this.#numbers, this.#own);
  }

  set own(count: number) {
    Atomics.store(this.#numbers, this.#own, count);
  }

  get total(): number {
    let total = 0;
    for (let at = FIRST_THREAD; at < this.#numbers.length; at += 1) total += Atomics.load(this.#numbers, at);
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
