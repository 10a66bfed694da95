/** Rows whose proxies stay up from round to round: warmed up once, then measured in short turns, so that a few percent can be told apart. */
import type { BenchOptions } from '../run.ts';
import { Bench } from '../run.ts';
import type { Row } from './scenario.ts';

export interface StandingRow extends Omit<Row, 'prepare' | 'measure' | 'over'> {
  /** Once for each proxy. */
  warmUp(bench: Bench): Promise<unknown>;
  /** One measurement: a value for each metric. */
  turn(bench: Bench): Promise<readonly number[]>;
  readonly options?: BenchOptions;
}

export function standing({ metrics, mode, rounds, warmUp, turn, options }: StandingRow): Row {
  const benches = new Map<string, Bench>();
  return {
    metrics,
    mode,
    rounds,
    prepare: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material, options);
      benches.set(subject.name, bench);
      await warmUp(bench);
    },
    measure: (subject) => {
      const bench = benches.get(subject.name);
      return bench === undefined ? Promise.reject(new Error('it was not prepared')) : turn(bench);
    },
    over: async () => {
      for (const bench of benches.values()) await bench.stop();
      benches.clear();
    },
  };
}
