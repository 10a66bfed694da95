/**
 * CPU per gigabyte: one connection and eight, both directions, both modes. That what arrives is what was sent is shown by hashes
 * before each measurement.
 */
import type { Direction } from '../load/load.ts';
import type { BenchOptions } from '../run.ts';
import { Bench } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';

const CHECKED_BYTES = 32 * 2 ** 20;
const WARM_BYTES = 128 * 2 ** 20;
const MEASURED_BYTES = 0.8 * 10 ** 9;
const ROUNDS = 5;

/** Both directions through one proxy, one after the other. */
export function bulkRow(mode: Mode, connections: number, options: BenchOptions = {}): Row {
  const what = (direction: Direction): string => `${mode} ${direction}`;
  return {
    metrics: DIRECTIONS.flatMap((way) => [`${what(way)}, CPU s/GB`, `${what(way)}, MB/s`, `${what(way)}, generator's CPU s/GB`]),
    mode,
    rounds: ROUNDS,
    measure: (subject, material) =>
      Bench.during(
        subject,
        mode,
        material,
        async (bench) => [...(await measured(bench, 'up', connections)), ...(await measured(bench, 'down', connections))],
        options,
      ),
  };
}

async function measured(bench: Bench, direction: Direction, connections: number): Promise<number[]> {
  const check = await bench.clients.transfer(direction, connections, CHECKED_BYTES, true);
  await check();
  const warm = await bench.clients.transfer(direction, connections, WARM_BYTES);
  await warm();
  const transfer = await bench.clients.transfer(direction, connections, MEASURED_BYTES);
  const [proxyBefore, loadBefore] = [bench.cpu(), bench.loadCpu()];
  const seconds = await transfer();
  const gigabytes = MEASURED_BYTES / 10 ** 9;
  return [(bench.cpu() - proxyBefore) / gigabytes, (gigabytes * 1000) / seconds, (bench.loadCpu() - loadBefore) / gigabytes];
}

const DIRECTIONS = ['up', 'down'] as const;

function rowsWith(connections: number): Row[] {
  return [bulkRow('client', connections), bulkRow('server', connections)];
}

export const bulk: Scenario = { name: 'bulk', title: 'Bulk transfer, one connection', rows: rowsWith(1) };
export const bulk8: Scenario = { name: 'bulk8', title: 'Bulk transfer, eight connections', rows: rowsWith(8) };
