/** Time of one echo on one connection, quiet and beside a bulk transfer through the same proxy. */
import { Bench, Load } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';

const COUNT = 3000;
const UNDER_LOAD_COUNT = 400;
const BULK_BYTES = 2 * 10 ** 9;

function row(mode: Mode, size: number, percentile: 50 | 99, loaded: boolean): Row {
  return {
    metric: `${mode}, ${size === 1 ? '1 byte' : '20 KB'}${loaded ? ' beside a bulk transfer' : ''}, p${percentile} us`,
    mode,
    rounds: loaded ? 2 : 3,
    measure: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material);
      const neighbour = new Load(material, mode);
      try {
        const request = { kind: 'latency', port: bench.listenPort, size } as const;
        await bench.load.ask({ ...request, count: 200 });
        const transfer = loaded ? bulkThrough(neighbour, bench.listenPort) : undefined;
        const { microseconds = [] } = await bench.load.ask({ ...request, count: loaded ? UNDER_LOAD_COUNT : COUNT });
        neighbour.stop();
        await transfer;
        return microseconds[Math.floor((microseconds.length * percentile) / 100)] ?? Number.NaN;
      } finally {
        neighbour.stop();
        await bench.stop();
      }
    },
  };
}

/** Runs until it is stopped: its end by then is no failure. */
function bulkThrough(load: Load, port: number): Promise<void> {
  const request = { kind: 'bulk', port, direction: 'up', connections: 1, bytes: BULK_BYTES, check: false } as const;
  return load.ask(request).then(
    () => undefined,
    () => undefined,
  );
}

const SIZES = [1, 20_000] as const;

export const latency: Scenario = {
  name: 'latency',
  title: 'Latency of one echo',
  rows: SIZES.flatMap((size) => [row('client', size, 50, false), row('client', size, 99, false)]),
};

export const latencyLoaded: Scenario = {
  name: 'latency-loaded',
  title: 'Latency of one echo beside a bulk transfer',
  rows: SIZES.flatMap((size) => [row('client', size, 50, true), row('client', size, 99, true)]),
};
