/** What the users run: 200 live streams of 6 Mbit/s, a message every 33 ms as an encoder sends one per frame. */
import { Bench } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';

const SECONDS = 5;
const STREAM = { count: 200, bitsPerSecond: 6_000_000, everyMs: 33 } as const;

function row(mode: Mode): Row {
  return {
    metric: `${mode}, ${STREAM.count} streams of 6 Mbit/s, cores`,
    mode,
    rounds: 2,
    measure: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material);
      try {
        await bench.load.ask({ kind: 'streams', port: bench.listenPort, ...STREAM, seconds: 1 });
        const before = bench.cpu();
        const { seconds = Number.NaN } = await bench.load.ask({ kind: 'streams', port: bench.listenPort, ...STREAM, seconds: SECONDS });
        return (bench.cpu() - before) / seconds;
      } finally {
        await bench.stop();
      }
    },
  };
}

export const streams: Scenario = { name: 'streams', title: 'Live streams', rows: [row('client'), row('server')] };
