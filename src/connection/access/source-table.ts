/**
 * How many connections each source has open, and how fast it begins new ones, in memory that all workers share. Its size is fixed,
 * whoever connects: a source that is new takes the place of one that has nothing open; where every place it may have belongs to a source
 * with open connections, it is not counted. Hashes stand in the table instead of addresses, begun from a number nobody outside knows, so
 * that nobody can choose an address that counts as another one's.
 */
import { randomInt } from 'node:crypto';
import type { SourceKey } from '../../address/source.ts';

/** A source may stand in one of so many places. */
const WAYS = 16;
/** A power of two. */
const SETS = 1024;
const SEED = 0;
const HEADER = 1;
/** Of a slot: the hash that has it (0: nobody), its pace, and behind them one count a worker. */
const TAG = 0;
const PACE = 1;
const COUNTS = 2;
const SECOND_US = 1_000_000;

/** How many 32-bit numbers the table of that many workers needs: half a megabyte for one, in pages that are there once they are used. */
export function sourceTableLength(workers: number): number {
  return HEADER + SETS * WAYS * (COUNTS + workers);
}

/** The place of a source in the table; NOWHERE: it is not counted. */
export type SourceSlot = number;
export const NOWHERE: SourceSlot = -1;

export class SourceTable {
  readonly #numbers: Int32Array;
  readonly #workers: number;
  readonly #own: number;
  readonly #seed: number;

  /**
   * @param numbers zeros at first; by default memory of this process alone
   * @param place of this worker among `workers`
   */
  constructor(numbers: Int32Array = new Int32Array(sourceTableLength(1)), place = 0, workers = 1) {
    this.#numbers = numbers;
    this.#workers = workers;
    this.#own = COUNTS + place;
    Atomics.compareExchange(numbers, SEED, 0, randomInt(1, 2 ** 31));
    this.#seed = Atomics.load(numbers, SEED);
  }

  /** @param service its sources are its own: one service's limit does not count another's connections */
  find(service: string, { high, low }: SourceKey): SourceSlot {
    const name = hashOfText(service, this.#seed);
    const tag = hash(name, high, low, this.#seed) || 1;
    const set = hash(name, high, low, ~this.#seed) & (SETS - 1);
    const first = HEADER + set * WAYS * this.#width;
    const end = first + WAYS * this.#width;
    for (let slot = first; slot < end; slot += this.#width) if (Atomics.load(this.#numbers, slot + TAG) === tag) return slot;
    for (let slot = first; slot < end; slot += this.#width) if (this.#claim(slot, 0, tag)) return slot;
    for (let slot = first; slot < end; slot += this.#width) {
      const holder = Atomics.load(this.#numbers, slot + TAG);
      if (this.open(slot) === 0 && this.#claim(slot, holder, tag)) return slot;
    }
    return NOWHERE;
  }

  #claim(slot: SourceSlot, before: number, tag: number): boolean {
    if (Atomics.compareExchange(this.#numbers, slot + TAG, before, tag) !== before) return false;
    Atomics.store(this.#numbers, slot + PACE, now());
    return true;
  }

  /** Connections open now, of all workers. */
  open(slot: SourceSlot): number {
    let total = 0;
    for (let at = slot + COUNTS; at < slot + this.#width; at += 1) total += Atomics.load(this.#numbers, at);
    return total;
  }

  /** One more is open, or one less. */
  add(slot: SourceSlot, by: 1 | -1): void {
    Atomics.add(this.#numbers, slot + this.#own, by);
  }

  /**
   * Takes one of the `perSecond` there are each second. Who has taken none for a second may take all of them at once.
   * @returns false: there is none left
   */
  take(slot: SourceSlot, perSecond: number): boolean {
    const at = now();
    for (;;) {
      const before = Atomics.load(this.#numbers, slot + PACE);
      const ahead = (before - at) | 0;
      const used = ahead < 0 || ahead > SECOND_US ? 0 : ahead; // further ahead than anybody may be: the clock has gone all round
      const next = used + SECOND_US / perSecond;
      if (next > SECOND_US) return false;
      if (Atomics.compareExchange(this.#numbers, slot + PACE, before, (at + Math.floor(next)) | 0) === before) return true;
    }
  }

  /** For a worker that has ended without saying so of its connections. */
  forgetAllOf(place: number): void {
    for (let at = HEADER + COUNTS + place; at < this.#numbers.length; at += this.#width) {
      if (Atomics.load(this.#numbers, at) !== 0) Atomics.store(this.#numbers, at, 0);
    }
  }

  get #width(): number {
    return COUNTS + this.#workers;
  }
}

/** Microseconds of the clock that all processes of a machine have in common, in 32 bits: it goes round every 71 minutes. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return (seconds * SECOND_US + Math.floor(nanoseconds / 1000)) | 0;
}

/** FNV-1a. */
function hashOfText(text: string, seed: number): number {
  let value = seed ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value;
}

/** The mixing of MurmurHash3, over three numbers. */
function hash(one: number, two: number, three: number, seed: number): number {
  let value = mixed(seed ^ mixed(one));
  value = mixed(Math.imul(value, 5) ^ two);
  value = mixed(Math.imul(value, 5) ^ three);
  return value;
}

function mixed(number: number): number {
  let value = number;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
