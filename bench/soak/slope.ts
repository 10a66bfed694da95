/** Whether something grows: a straight line through samples, and how sure it is. */

export interface Sample {
  /** Seconds. */
  readonly at: number;
  readonly value: number;
}

export interface Slope {
  /** A second. */
  readonly slope: number;
  /** Its standard error. */
  readonly error: number;
}

/**
 * Least squares over means of blocks: samples one second apart are not independent of each other (a collection of garbage, a process
 * that was replaced), and would make the error look smaller than it is.
 * @returns undefined with fewer than four blocks
 */
export function slopeOf(samples: readonly Sample[], blockSeconds: number): Slope | undefined {
  const blocks = Map.groupBy(samples, ({ at }) => Math.floor(at / blockSeconds));
  const points = [...blocks.values()].map((block) => ({
    at: mean(block.map(({ at }) => at)),
    value: mean(block.map(({ value }) => value)),
  }));
  if (points.length < 4) return undefined;
  const [at, value] = [mean(points.map((point) => point.at)), mean(points.map((point) => point.value))];
  const spread = sum(points.map((point) => (point.at - at) ** 2));
  const slope = sum(points.map((point) => (point.at - at) * (point.value - value))) / spread;
  const rest = sum(points.map((point) => (point.value - value - slope * (point.at - at)) ** 2));
  return { slope, error: Math.sqrt(rest / (points.length - 2) / spread) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
