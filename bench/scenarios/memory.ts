/** Memory: at rest, for each of 2,000 quiet connections, for each of 200 readers that have stopped reading. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Direction } from '../load/load.ts';
import type { Memory } from '../process-tree.ts';
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
    measure: (subject, material) =>
      Bench.during(subject, mode, material, async (bench) => {
        const { atRest, ownKb } = await grown(bench, () => bench.clients.idle(IDLE));
        return [(atRest.ownKb + atRest.fileKb) / 1024, atRest.ownKb / 1024, ownKb / IDLE];
      }),
  };
}

function stopped(mode: Mode, direction: Direction): Row {
  return {
    metrics: [`${mode}, stalled ${direction}, KB/connection`],
    mode,
    rounds: ROUNDS,
    measure: (subject, material) =>
      Bench.during(subject, mode, material, async (bench) => {
        const { ownKb } = await grown(bench, () => bench.clients.stalled(STALLED, direction));
        return [ownKb / STALLED];
      }),
  };
}

/** What the proxy has at rest, and what of its own comes on top when the connections are there. */
async function grown(bench: Bench, connect: () => Promise<void>): Promise<{ readonly atRest: Memory; readonly ownKb: number }> {
  await sleep(REST_MS);
  const atRest = bench.memory();
  await connect();
  await sleep(SETTLE_MS);
  return { atRest, ownKb: bench.memory().ownKb - atRest.ownKb };
}

const MODES = ['client', 'server'] as const;

export const memory: Scenario = { name: 'memory', title: 'Memory at rest and of quiet connections', rows: MODES.map(quiet) };

export const stalled: Scenario = {
  name: 'stalled',
  title: 'Memory of readers that have stopped reading',
  rows: MODES.flatMap((mode) => (['up', 'down'] as const).map((direction) => stopped(mode, direction))),
};
