/** Proportional set size: at rest, for each of 2,000 quiet connections, for each of 200 readers that have stopped reading. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pssKb } from '../process-tree.ts';
import { Bench } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';

const IDLE = 2000;
const STALLED = 200;
/** Long enough for every kernel buffer on the way to fill. */
const SETTLE_MS = 3000;

const base: Row = {
  metric: 'client, at rest, PSS MB',
  mode: 'client',
  rounds: 3,
  measure: async (subject, material) => {
    const bench = await Bench.start(subject, 'client', material);
    try {
      await sleep(500);
      return pssKb(bench.pid) / 1024;
    } finally {
      await bench.stop();
    }
  },
};

function held(mode: Mode, what: 'idle' | 'stalled up' | 'stalled down'): Row {
  const count = what === 'idle' ? IDLE : STALLED;
  return {
    metric: `${mode}, ${what}, KB/connection`,
    mode,
    rounds: 2,
    measure: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material);
      try {
        const before = pssKb(bench.pid);
        const port = bench.listenPort;
        if (what === 'idle') await bench.load.ask({ kind: 'idle', port, count });
        else await bench.load.ask({ kind: 'stall', port, count, direction: what === 'stalled up' ? 'up' : 'down' });
        await sleep(SETTLE_MS);
        return (pssKb(bench.pid) - before) / count;
      } finally {
        await bench.stop();
      }
    },
  };
}

const MODES = ['client', 'server'] as const;

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory at rest and of quiet connections',
  rows: [base, ...MODES.map((mode) => held(mode, 'idle'))],
};

export const stalled: Scenario = {
  name: 'stalled',
  title: 'Memory of readers that have stopped reading',
  rows: MODES.flatMap((mode) => (['stalled up', 'stalled down'] as const).map((what) => held(mode, what))),
};
