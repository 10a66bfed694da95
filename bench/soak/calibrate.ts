/**
 * What the machine gives, measured before each soak through the same services and with the same clients: the most short connections a second, and the
 * most bytes a second. Half of it is the load of the soak (unless `--load` says otherwise): a quarter of the one beside a quarter of the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Amount } from './clients.ts';
import { during } from './clients.ts';
import type { Chain } from './faults.ts';
import type { Second } from './load.ts';
import { STREAM_BITS } from './load.ts';
import type { Way } from './site.ts';

/** Until a process is warm, then what is measured. */
const WARM_SECONDS = 3;
const MEASURED_SECONDS = 5;
const SHORT_AT_ONCE = 24;
const BULK_AT_ONCE = 4;
/** How the load is divided among the ways; of those that are missing, `direct` takes the part. */
const PARTS: Readonly<Record<Chain, number>> = { direct: 0.6, mail: 0.2, gateway: 0.2 };

export interface Capacity {
  /** Short connections a second through [wrap] and [unwrap], flat out. */
  readonly shortPerSecond: number;
  /** Bytes a second through both, flat out. */
  readonly bytesPerSecond: number;
}

/** @throws Error when a visit fails: nothing disturbs them here */
export async function calibrate(way: Way): Promise<Capacity> {
  const short = await flatOut(way, { shortPerSecond: 'flat out', atOnce: SHORT_AT_ONCE, streams: 0, bulk: 0 });
  const bulk = await flatOut(way, { shortPerSecond: 0, atOnce: 0, streams: 0, bulk: BULK_AT_ONCE });
  return { shortPerSecond: mean(short.map(({ done }) => done)), bytesPerSecond: mean(bulk.map(({ bytes }) => bytes)) };
}

async function flatOut(way: Way, amount: Amount): Promise<readonly Second[]> {
  const { seconds, failures } = await during(way, amount, 1, () => sleep((WARM_SECONDS + MEASURED_SECONDS) * 1000));
  const [first] = failures;
  if (first !== undefined) throw new Error(`a ${first.kind} failed before anything was disturbed: ${first.why}`);
  return seconds.slice(WARM_SECONDS, WARM_SECONDS + MEASURED_SECONDS);
}

/** The part of one way in a load. @param load of what the machine gives, 0 to 1 */
export function shareOf({ shortPerSecond, bytesPerSecond }: Capacity, load: number, chain: Chain, chains: readonly Chain[]): Amount {
  const missing = (['mail', 'gateway'] as const).filter((each) => !chains.includes(each));
  const part = PARTS[chain] + (chain === 'direct' ? missing.reduce((total, each) => total + PARTS[each], 0) : 0);
  const ofEach = (load / 2) * part; // the two figures were measured one after the other
  const perSecond = shortPerSecond * ofEach;
  return {
    shortPerSecond: perSecond,
    // What takes a second each: nothing else is left out before something is wrong.
    atOnce: Math.ceil(perSecond * 30),
    streams: Math.max(1, Math.floor((bytesPerSecond * ofEach) / (STREAM_BITS / 8))),
    bulk: 0,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0) / Math.max(1, values.length);
}
