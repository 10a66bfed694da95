/**
 * How far the clock of the wall was set. Times that are shown are of that clock, and how long something has lasted is not: whoever keeps the
 * first moves it along by the jump, so that the difference to now stays true.
 */

/** Less is the drift of two clocks that are read one after the other, or the slewing of NTP. */
const LEAST_MS = 1000;

export class ClockJumps {
  readonly #wall: () => number;
  readonly #steady: () => number;
  #offset: number;

  /**
   * @param wall milliseconds since 1970
   * @param steady milliseconds of a clock that nobody sets
   */
  constructor(wall: () => number = Date.now, steady: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
    this.#offset = wall() - steady();
  }

  /** @returns milliseconds since the last question, negative where it was set back; 0 where nobody has set it */
  take(): number {
    const offset = this.#wall() - this.#steady();
    const jump = offset - this.#offset;
    if (Math.abs(jump) < LEAST_MS) return 0;
    this.#offset = offset;
    return jump;
  }
}

/** When something began, by the clock of the wall as it is set now: what has passed since stays true. */
export class StartTime {
  readonly #jumps: ClockJumps;
  #ms: number;

  constructor(wall: () => number = Date.now, jumps = new ClockJumps(wall)) {
    this.#ms = wall();
    this.#jumps = jumps;
  }

  /** Milliseconds since 1970. */
  get ms(): number {
    this.#ms += this.#jumps.take();
    return this.#ms;
  }
}
