/** Time of one echo on one connection, quiet and beside a bulk transfer through the same proxy. */
import { Bench } from '../run.ts';
import type { Row, Scenario } from './scenario.ts';

const WARM = 200;
/** V8 compiles what runs often: a process that has served for a while takes less for a message than one that has just started. */
const LONG_WARM = 20_000;
const COUNT = 5000;
const UNDER_LOAD_COUNT = 500;
/** More than can be sent: the transfer goes on until it is stopped. */
const ENDLESS_BYTES = 10 ** 14;
const SIZES = [1, 20_000] as const;

/** @param states what is said of each set of figures, p50 and p99 of each size, that `work` yields */
function row(states: readonly string[], work: (bench: Bench) => Promise<number[]>): Row {
  const sizes = states.flatMap((state) => SIZES.map((size) => `client, ${size === 1 ? '1 byte' : '20 KB'}${state}`));
  return {
    metrics: sizes.flatMap((size) => [50, 99].map((p) => `${size}, p${p} us`)),
    mode: 'client',
    rounds: 7,
    measure: (subject, material) =>
      Bench.during(subject, 'client', material, async (bench) => {
        for (const size of SIZES) await bench.clients.echoes(WARM, size);
        return work(bench);
      }),
  };
}

async function freshAndWarm(bench: Bench): Promise<number[]> {
  const fresh = await echoes(bench, COUNT);
  await bench.clients.echoes(LONG_WARM, 1);
  return [...fresh, ...(await echoes(bench, COUNT))];
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

const quiet = row(['', ` after ${LONG_WARM} messages`], freshAndWarm);
const loaded = row([' beside a bulk transfer'], (bench) => besideTransfer(bench, () => echoes(bench, UNDER_LOAD_COUNT)));

export const latency: Scenario = { name: 'latency', title: 'Latency of one echo', rows: [quiet] };
export const latencyLoaded: Scenario = { name: 'latency-loaded', title: 'Latency of one echo beside a bulk transfer', rows: [loaded] };
