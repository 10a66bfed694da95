/** Time of one echo on one connection, quiet and beside a bulk transfer through the same proxy. */
import { Bench } from '../run.ts';
import type { Row, Scenario } from './scenario.ts';

const WARM = 200;
const COUNT = 5000;
const UNDER_LOAD_COUNT = 500;
/** More than can be sent: the transfer goes on until it is stopped. */
const ENDLESS_BYTES = 10 ** 14;
const SIZES = [1, 20_000] as const;

function row(loaded: boolean): Row {
  const beside = loaded ? ' beside a bulk transfer' : '';
  return {
    metrics: SIZES.flatMap((size) => [50, 99].map((p) => `client, ${size === 1 ? '1 byte' : '20 KB'}${beside}, p${p} us`)),
    mode: 'client',
    rounds: 7,
    measure: (subject, material) =>
      Bench.during(subject, 'client', material, async (bench) => {
        for (const size of SIZES) await bench.clients.echoes(WARM, size);
        return loaded ? besideTransfer(bench, () => echoes(bench, UNDER_LOAD_COUNT)) : echoes(bench, COUNT);
      }),
  };
}

async function echoes({ clients }: Bench, count: number): Promise<number[]> {
  const figures: number[] = [];
  for (const size of SIZES) figures.push(...(await clients.echoes(count, size)));
  return figures;
}

async function besideTransfer<T>(bench: Bench, work: () => Promise<T>): Promise<T> {
  const neighbour = bench.moreClients();
  try {
    const begin = await neighbour.transfer('up', 1, ENDLESS_BYTES);
    begin().catch(() => undefined); // it is stopped before its end
    return await work();
  } finally {
    neighbour.stop();
  }
}

export const latency: Scenario = { name: 'latency', title: 'Latency of one echo', rows: [row(false)] };
export const latencyLoaded: Scenario = { name: 'latency-loaded', title: 'Latency of one echo beside a bulk transfer', rows: [row(true)] };
