/** One soak from its beginning to its end: calibrate, load, disturb, look, give back. What came of it is judged in report.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../test/support/fuzz.ts';
import type { SoakArguments } from './arguments.ts';
import type { Capacity } from './calibrate.ts';
import { calibrate, shareOf } from './calibrate.ts';
import type { Outcome } from './clients.ts';
import { LoadClients } from './clients.ts';
import type { Happened } from './explain.ts';
import type { Fault, Target } from './faults.ts';
import { FAULTS } from './faults.ts';
import { othersSince } from './processors.ts';
import type { Site } from './site.ts';
import type { Sample } from './slope.ts';
import type { Series } from './watch.ts';
import { descriptors, MemoryWatch } from './watch.ts';

const FAULT_EVERY_MS = 10_000;
const RELOAD_EVERY_MS = 7000;
const RENEW_EVERY_MS = 11_000;
/** Before the first fault: a quarter of the soak, two minutes at most. */
const WARM_UP = { share: 0.25, mostMs: 120_000 };
/** Before memory is judged: the heap of a process that does little has found its size after ten thousand connections. */
const MEMORY_WARM_UP = 1 / 3;
/** How long everything may take to be given back. */
const GIVEN_BACK_MS = 30_000;

export interface Soaked {
  readonly capacity: Capacity;
  readonly outcome: Outcome;
  readonly faults: readonly Happened[];
  /** Fault and why it was not done here. */
  readonly notDone: ReadonlyMap<string, string>;
  readonly memory: { readonly series: readonly Series[]; readonly sum: readonly Sample[]; readonly warmSeconds: number };
  readonly descriptors: { readonly before: ReadonlyMap<string, number>; readonly after: ReadonlyMap<string, number> };
  /** Of the processors, taken by what does not belong to the soak, 0 to 1. */
  readonly othersShare: number;
  readonly reloads: number;
  readonly renewals: number;
}

/** @param tell what happens, as it does */
export async function soak(site: Site, { durationMs, seed, faults, load }: SoakArguments, tell: (line: string) => void): Promise<Soaked> {
  const [direct] = site.ways;
  if (direct === undefined) throw new Error('nothing to load');
  tell('measuring what the machine gives ...');
  const capacity = await calibrate(direct);
  const chains = site.ways.map(({ chain }) => chain);
  const mbit = Math.round((capacity.bytesPerSecond * 8) / 1e6);
  tell(
    `flat out: ${Math.round(capacity.shortPerSecond)} short connections a second, or ${mbit} Mbit/s; the load is ${Math.round(load * 100)} % of it:`,
  );
  const before = await settled(site);
  const amounts = site.ways.map((way) => ({ way, amount: shareOf(capacity, load, way.chain, chains) }));
  for (const { way, amount } of amounts)
    tell(
      `  ${way.chain}: ${amount.shortPerSecond === 'flat out' ? '' : amount.shortPerSecond.toFixed(0)} short a second, ${amount.streams} streams of 6 Mbit/s`,
    );

  const memory = new MemoryWatch(site.products);
  const others = othersSince(process.pid);
  const loads = amounts.map(({ way, amount }, index) => new LoadClients(way, amount, seed + index));
  const chores = new Chores(site);
  try {
    const warmMs = Math.min(durationMs * WARM_UP.share, WARM_UP.mostMs);
    await sleep(warmMs);
    const planned = faults ? plan(site.target, new Random(seed)) : undefined;
    const happened = await disturb(site, planned?.order, durationMs - warmMs, tell);
    const { series, sum } = memory.stop();
    const othersShare = others();
    chores.stop();
    tell('letting everything finish ...');
    const outcomes = await Promise.all(loads.map((clients) => clients.finish()));
    return {
      capacity,
      outcome: { seconds: outcomes.flatMap(({ seconds }) => seconds), failures: outcomes.flatMap(({ failures }) => failures) },
      faults: happened,
      notDone: planned?.notDone ?? new Map(),
      memory: { series, sum, warmSeconds: (durationMs * MEMORY_WARM_UP) / 1000 },
      descriptors: { before, after: await settled(site, before) },
      othersShare,
      reloads: chores.reloads,
      renewals: chores.renewals,
    };
  } finally {
    memory.stop();
    chores.stop();
    for (const clients of loads) clients.kill();
  }
}

/** What goes on beside the connections as long as they do. */
class Chores {
  reloads = 0;
  renewals = 0;
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(site: Site) {
    const reload = (): void => {
      site.reload();
      this.reloads += 1;
    };
    const renew = (): void => {
      site.renew();
      this.renewals += 1;
    };
    this.#timers = [setInterval(reload, RELOAD_EVERY_MS), setInterval(renew, RENEW_EVERY_MS)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}

interface Plan {
  /** The faults without an end, and the one for the end, if any. */
  readonly order: { readonly next: () => Fault; readonly last: Fault | undefined };
  readonly notDone: ReadonlyMap<string, string>;
}

/** Every fault once in a random order, then every one again in another. */
function plan(target: Target, random: Random): Plan {
  const asked = FAULTS.map((fault) => ({ fault, obstacle: fault.obstacle(target) }));
  const possible = asked.filter(({ obstacle }) => obstacle === false).map(({ fault }) => fault);
  const notDone = new Map(asked.flatMap(({ fault, obstacle }) => (obstacle === false ? [] : [[fault.name, obstacle]])));
  let round: Fault[] = [];
  const next = (): Fault => {
    if (round.length === 0) round = possible.filter(({ last }) => last !== true);
    const fault = random.pick(round);
    round = round.filter((each) => each !== fault);
    return fault;
  };
  return { order: { next, last: possible.find(({ last }) => last) }, notDone };
}

/** One fault every ten seconds for so long. */
async function disturb(
  site: Site,
  order: Plan['order'] | undefined,
  forMs: number,
  tell: (line: string) => void,
): Promise<readonly Happened[]> {
  const happened: Happened[] = [];
  const endsAt = performance.now() + forMs;
  for (let dueAt = performance.now(); order !== undefined; dueAt += FAULT_EVERY_MS) {
    await sleep(Math.max(0, dueAt - performance.now()));
    const left = endsAt - performance.now();
    if (left < FAULT_EVERY_MS) break;
    const fault = left < 2 * FAULT_EVERY_MS && order.last !== undefined ? order.last : order.next();
    const one = await injected(fault, site);
    happened.push(one);
    tell(`${fault.name}: ${one.whom}`);
  }
  await sleep(Math.max(0, endsAt - performance.now()));
  return happened;
}

async function injected(fault: Fault, site: Site): Promise<Happened> {
  const begunAt = Date.now();
  const { whom, breaks, how, at = begunAt, undo } = await fault.inject(site.target);
  await sleep(fault.lastsMs);
  await undo();
  return { name: fault.name, whom, breaks, how, at, until: Date.now() };
}

/**
 * Descriptors when nothing runs any more.
 * @param wanted what there should be; without it, what there is when it no longer changes
 */
async function settled(site: Site, wanted?: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
  const endsAt = performance.now() + GIVEN_BACK_MS;
  let last = descriptors(site.products);
  for (let same = 0; same < 3 && performance.now() < endsAt; ) {
    await sleep(1000);
    const now = descriptors(site.products);
    const quiet = wanted === undefined ? equal(now, last) : [...now].every(([key, count]) => count <= (wanted.get(key) ?? 0));
    same = quiet ? same + 1 : 0;
    last = now;
  }
  return last;
}

function equal(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, count]) => b.get(key) === count);
}
