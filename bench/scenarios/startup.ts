/** From the start of the process to the first accepted connection, and what memory it has then, the processes it is still starting included. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Material } from '../run.ts';
import { Bench } from '../run.ts';
import type { Subject } from '../subjects/subject.ts';
import type { Scenario } from './scenario.ts';

const REST_MS = 500;

export const LISTENING_METRICS = ['start to listening, ms', 'memory half a second later, MB'] as const;

/** @returns a figure for each of `LISTENING_METRICS` */
export async function toListening(subject: Subject, material: Material): Promise<number[]> {
  const bench = await Bench.start(subject, 'client', material);
  await sleep(REST_MS);
  const { ownKb, fileKb } = bench.memory();
  await bench.stop();
  return [bench.startMs, (ownKb + fileKb) / 1024];
}

export const startup: Scenario = {
  name: 'startup',
  title: 'Start-up',
  rows: [{ metrics: LISTENING_METRICS, mode: 'client', rounds: 15, measure: toListening }],
};
