/** CPU per gigabyte: one connection and eight, both directions, both modes. Hashes of both ends are compared before measuring. */
import { Bench } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';

const CHECKED_BYTES = 32 * 2 ** 20;
const WARM_BYTES = 128 * 2 ** 20;
const MEASURED_BYTES = 10 ** 9;

function row(mode: Mode, direction: 'up' | 'down', connections: number): Row {
  return {
    metric: `${mode} ${direction}, ${connections} ${connections === 1 ? 'connection' : 'connections'}, CPU s/GB`,
    mode,
    rounds: 3,
    measure: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material);
      try {
        const request = { kind: 'bulk', port: bench.listenPort, direction, connections } as const;
        await bench.load.ask({ ...request, bytes: CHECKED_BYTES, check: true });
        await bench.load.ask({ ...request, bytes: WARM_BYTES, check: false });
        const before = bench.cpu();
        const { bytes = 0 } = await bench.load.ask({ ...request, bytes: MEASURED_BYTES, check: false });
        return (bench.cpu() - before) / (bytes / 10 ** 9);
      } finally {
        await bench.stop();
      }
    },
  };
}

const MODES = ['client', 'server'] as const;
const DIRECTIONS = ['up', 'down'] as const;

function rowsWith(connections: number): Row[] {
  return MODES.flatMap((mode) => DIRECTIONS.map((direction) => row(mode, direction, connections)));
}

export const bulk: Scenario = { name: 'bulk', title: 'Bulk transfer, one connection', rows: rowsWith(1) };
export const bulk8: Scenario = { name: 'bulk8', title: 'Bulk transfer, eight connections', rows: rowsWith(8) };
