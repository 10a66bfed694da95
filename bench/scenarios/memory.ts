/** Memory: at rest, for each of 2,000 quiet connections, for each of 200 readers that have stopped reading. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Direction } from '../load/load.ts';
import { Bench } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';

const IDLE = 2000;
const STALLED = 200;
const ROUNDS = 3;
const REST_MS = 500;
/** Long enough for every kernel buffer on the way to fill. */
const SETTLE_MS = 3000;

function quiet(mode: Mode): Row {
  return {
    metrics: [`${mode}, at rest, MB`, `${mode}, at rest, MB without program and libraries`, `${mode}, idle, KB/connection`],
    mode,
    rounds: ROUNDS,
    measure: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material);
      try {
        await sleep(REST_MS);
        const { ownKb, fileKb } = bench.memory();
        await bench.clients.idle(IDLE);
        await sleep(SETTLE_MS);
        return [(ownKb + fileKb) / 1024, ownKb / 1024, (bench.memory().ownKb - ownKb) / IDLE];
      } finally {
        await bench.stop();
      }
    },
  };
}

function stopped(mode: Mode, direction: Direction): Row {
  return {
    metrics: [`${mode}, stalled ${direction}, KB/connection`],
    mode,
    rounds: ROUNDS,
    measure: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material);
      try {
        await sleep(REST_MS);
        const { ownKb } = bench.memory();
        await bench.clients.stalled(STALLED, direction);
        await sleep(SETTLE_MS);
        return [(bench.memory().ownKb - ownKb) / STALLED];
      } finally {
        await bench.stop();
      }
    },
  };
}

const MODES = ['client', 'server'] as const;

export const memory: Scenario = { name: 'memory', title: 'Memory at rest and of quiet connections', rows: MODES.map(quiet) };

export const stalled: Scenario = {
  name: 'stalled',
  title: 'Memory of readers that have stopped reading',
  rows: MODES.flatMap((mode) => (['up', 'down'] as const).map((direction) => stopped(mode, direction))),
};
