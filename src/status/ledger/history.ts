/**
 * What each service carried over the last hour: one number of bytes a second for every step, both ways. Bounded: a ring of numbers for
 * each of at most `MAX_SERVICES` services, some 12 KiB each; those of a service begin with its first traffic.
 */

import { timeText } from '../time-text.ts';

export const STEP_MS = 5000;
/** An hour of them. */
export const STEPS = 720;
const MAX_SERVICES = 100;

/** Bytes of the application since the start, by the leg they were written to. */
export interface Carried {
  readonly toTls: number;
  readonly toPlain: number;
}

export interface HistoryAnswer {
  /** When each step ended, RFC 3339, by the clock of the wall as it was then; where that was set back, as it is set now. */
  readonly at: readonly string[];
  /** What to ask for next time to get later steps alone. */
  readonly next: number;
  /** Bytes a second, one number for each of `at`. */
  readonly services: readonly { readonly name: string; readonly toTls: readonly number[]; readonly toPlain: readonly number[] }[];
}

interface Series {
  last: Carried;
  readonly toTls: Float64Array;
  readonly toPlain: Float64Array;
}

export class History {
  /** Steps taken so far; the ring holds the last `STEPS` of them. */
  #taken = 0;
  /** Of the clock that nobody sets. */
  #lastAt: number | undefined;
  /** Of the same clock, which stands still while a machine is suspended. */
  readonly #at = new Float64Array(STEPS);
  /** How far the clock of the wall was ahead of it. */
  readonly #ahead = new Float64Array(STEPS);
  readonly #series = new Map<string, Series>();

  /**
   * Ends a step.
   * @param carried by the name of the service, since the start
   * @param now in milliseconds since 1970
   * @param steady milliseconds of a clock that nobody sets
   */
  take(carried: ReadonlyMap<string, Carried>, now: number, steady: number): void {
    const seconds = this.#lastAt === undefined ? 0 : (steady - this.#lastAt) / 1000;
    const index = this.#taken % STEPS;
    this.#at[index] = steady;
    this.#ahead[index] = now - steady;
    for (const each of this.#series.values()) each.toTls[index] = each.toPlain[index] = 0;
    for (const [name, sums] of carried) {
      const series = this.#seriesOf(name);
      if (series === undefined) continue;
      if (seconds > 0) {
        series.toTls[index] = (sums.toTls - series.last.toTls) / seconds;
        series.toPlain[index] = (sums.toPlain - series.last.toPlain) / seconds;
      }
      series.last = sums;
    }
    this.#lastAt = steady;
    this.#taken += 1;
  }

  /**
   * @param from the first step that is wanted; those that are forgotten are left out
   * @param now in milliseconds since 1970
   * @param steady by the clock of `take`
   */
  since(from: number, now: number, steady: number): HistoryAnswer {
    const first = Math.max(from, this.#taken - STEPS, 0);
    const steps = Array.from({ length: Math.max(this.#taken - first, 0) }, (_, number) => (first + number) % STEPS);
    const numbers = (ring: Float64Array): readonly number[] => steps.map((index) => Math.round(ring[index] ?? 0));
    return {
      at: this.#timesOf(steps, now - steady).map(timeText),
      next: this.#taken,
      services: [...this.#series].map(([name, { toTls, toPlain }]) => ({ name, toTls: numbers(toTls), toPlain: numbers(toPlain) })),
    };
  }

  /** @param steps up to the last @param ahead the clock of the wall by now: a step is no further ahead than those after it, so none goes back */
  #timesOf(steps: readonly number[], ahead: number): readonly number[] {
    let least = ahead;
    const latestFirst = steps.toReversed().map((index) => {
      least = Math.min(least, this.#ahead[index] ?? 0);
      return least + (this.#at[index] ?? 0);
    });
    return latestFirst.reverse();
  }

  /** @returns undefined where there are too many already */
  #seriesOf(name: string): Series | undefined {
    const known = this.#series.get(name);
    if (known !== undefined || this.#series.size >= MAX_SERVICES) return known;
    const made = { last: { toTls: 0, toPlain: 0 }, toTls: new Float64Array(STEPS), toPlain: new Float64Array(STEPS) };
    this.#series.set(name, made);
    return made;
  }
}
