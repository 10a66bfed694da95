/** What the users run: 200 live streams of 6 Mbit/s, a message every 33 ms as an encoder sends one per frame. */
import type { Bench } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';
import { standing } from './standing.ts';

const SECONDS = 4;
const COUNT = 200;
const EVERY_MS = 33;
const MESSAGE_BYTES = Math.round((6_000_000 / 8) * (EVERY_MS / 1000));
const turns = (seconds: number): number => Math.round((seconds * 1000) / EVERY_MS);

/** By proxies that stay up: streams go on for hours, and what a process does in its first seconds it does cold. */
export function streamsRow(mode: Mode): Row {
  return standing({ metrics: [`${mode}, ${COUNT} streams of 6 Mbit/s, cores`], mode, rounds: 25, warmUp: warm, turn: measured });
}

function warm({ clients }: Bench): Promise<unknown> {
  return clients.streams(COUNT, MESSAGE_BYTES, EVERY_MS, turns(1));
}

async function measured(bench: Bench): Promise<number[]> {
  const before = bench.cpu();
  const seconds = await bench.clients.streams(COUNT, MESSAGE_BYTES, EVERY_MS, turns(SECONDS));
  return [(bench.cpu() - before) / seconds];
}

export const streams: Scenario = { name: 'streams', title: 'Live streams', rows: [streamsRow('client'), streamsRow('server')] };
