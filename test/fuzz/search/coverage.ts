/**
 * What of our code an input has run, by V8's own counters. A function's uncovered ranges only ever become fewer: whoever makes them fewer
 * has reached something new. Ranges that ran are no use for that, since V8 joins neighbours that ran equally often.
 */
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector';

type Range = readonly [start: number, end: number];

export class Coverage {
  readonly #session = new Session();
  /** By script and function: what nobody has run yet. */
  readonly #never = new Map<string, readonly Range[]>();

  constructor() {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** @returns whether anything of src/ ran since the last call, of either of these, that is not known to have run; it stays unknown */
  look(): boolean {
    return this.#read(false);
  }

  /** As `look`, and it is known from now on. */
  take(): boolean {
    return this.#read(true);
  }

  /** Functions that have run at all. */
  get functions(): number {
    return this.#never.size;
  }

  close(): void {
    this.#session.disconnect();
  }

  #read(learn: boolean): boolean {
    let isNew = false;
    for (const { url, functions } of this.#post<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage').result) {
      if (!url.includes('/src/')) continue;
      for (const { ranges } of functions) if (this.#isNew(url, ranges, learn)) isNew = true;
    }
    return isNew;
  }

  #isNew(url: string, ranges: readonly Profiler.CoverageRange[], learn: boolean): boolean {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) return false;
    const key = `${url}:${whole.startOffset}`;
    const missed = ranges.filter(({ count }) => count === 0).map(({ startOffset, endOffset }): Range => [startOffset, endOffset]);
    const former = this.#never.get(key);
    const left = former === undefined ? missed : intersection(former, missed);
    if (former !== undefined && size(left) === size(former)) return false;
    if (learn) this.#never.set(key, left);
    return true;
  }

  /** The session answers within the call. */
  #post<Result>(method: string, parameters: object = {}): Result {
    let answer: Result | undefined;
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result as Result;
    });
    return answer as Result;
  }
}

/** Of two sorted lists of ranges that do not overlap. */
export function intersection(left: readonly Range[], right: readonly Range[]): Range[] {
  const common: Range[] = [];
  for (let a = 0, b = 0; a < left.length && b < right.length; ) {
    const [one, other] = [left[a] ?? [0, 0], right[b] ?? [0, 0]];
    const [start, end] = [Math.max(one[0], other[0]), Math.min(one[1], other[1])];
    if (start < end) common.push([start, end]);
    if (one[1] < other[1]) a += 1;
    else b += 1;
  }
  return common;
}

function size(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}
