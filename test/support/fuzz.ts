/**
 * Seeded fuzzing: the same inputs every time, so that a finding can be repeated by its number. `npm test` tries 5,000 inputs a
 * subject, `npm run fuzz` 100,000 (OVERCOAT_FUZZ_INPUTS); `npm run fuzz -- 1h` goes on from what reaches new code (test/fuzz/search/).
 */

/**
 * One parser, or a group of them that are asked about the same bytes. What it checks of an input depends on its bytes alone, so that an
 * input that was kept says the same tomorrow.
 */
export interface Subject {
  /** Letters, digits, hyphens: it names files. */
  readonly name: string;
  /** Real inputs, made when somebody asks. */
  readonly seeds: () => readonly Buffer[];
  /** No mutation begins before this offset. */
  readonly from?: number;
  /** How many times fewer inputs than others it gets in `npm test`, where each costs much more. */
  readonly costs?: number;
  /** @throws on a finding */
  readonly run: (bytes: Buffer) => void | Promise<void>;
  /** Ends what `run` has started and kept. */
  readonly close?: () => void | Promise<void>;
}

export const FUZZ_INPUTS = Number(process.env['OVERCOAT_FUZZ_INPUTS'] ?? 5000);

/** Deterministic random numbers (xorshift32, Marsaglia 2003); never for anything secret. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 0x9e3779b9;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index++) bytes[index] = this.below(256);
    return bytes;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to pick from');
    return choice;
  }
}

/** Values that length and count fields break on. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff];

/**
 * One to four mutations of a real input: flipped bytes, edge values in 1 to 4 bytes, pieces cut out, doubled or exchanged with
 * another input.
 * @param from no mutation begins before this offset (where the interesting part begins)
 */
export function mutate(random: Random, seeds: readonly Buffer[], from = 0): Buffer {
  let bytes = Buffer.from(random.pick(seeds));
  for (let count = 1 + random.below(4); count > 0; count--) bytes = mutateOnce(random, bytes, Math.min(from, bytes.length), seeds);
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer, from: number, seeds: readonly Buffer[]): Buffer<ArrayBuffer> {
  const place = (): number => from + random.below(Math.max(1, bytes.length - from + 1));
  const at = place();
  switch (random.below(6)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = random.below(256);
      return copy;
    }
    case 1: {
      const copy = Buffer.from(bytes);
      const width = 1 + random.below(4);
      const value = random.pick(EDGES) % 256 ** width;
      if (at + width <= copy.length) copy.writeUIntBE(value, at, width);
      return copy;
    }
    case 2:
      return Buffer.from(bytes.subarray(0, at));
    case 3: {
      const end = Math.min(bytes.length, at + random.below(64));
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    }
    case 4: {
      const end = Math.min(bytes.length, at + random.below(64));
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end)]);
    }
    default: {
      const other = random.pick(seeds);
      const start = random.below(other.length + 1);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(start, start + random.below(256)), bytes.subarray(at)]);
    }
  }
}

/** Runs `subject` on `count` inputs; a failure names seed and input so that it can be repeated. */
export function fuzz(
  seed: number,
  count: number,
  input: (random: Random) => Buffer,
  subject: (bytes: Buffer, random: Random) => void,
): void {
  const random = new Random(seed);
  for (let number = 0; number < count; number++) {
    const bytes = input(random);
    try {
      subject(bytes, random);
    } catch (cause) {
      throw new Error(`input ${number} of seed ${seed} (${bytes.length} bytes): ${bytes.toString('hex').slice(0, 8192)}`, { cause });
    }
  }
}

/** Runs a subject on FUZZ_INPUTS mutations of its seeds. */
export async function fuzzSubject(subject: Subject, seed: number): Promise<void> {
  try {
    await runMutations(subject, seed);
  } finally {
    await subject.close?.();
  }
}

async function runMutations({ name, seeds, from = 0, costs = 1, run }: Subject, seed: number): Promise<void> {
  const random = new Random(seed);
  const real = seeds();
  for (const bytes of real) await run(bytes); // a seed that is refused would make all of it worthless
  const count = Math.max(50, Math.ceil(FUZZ_INPUTS / costs));
  for (let number = 0; number < count; number += 1) {
    const bytes = mutate(random, real, from);
    try {
      await run(bytes);
    } catch (cause) {
      throw new Error(`${name}, input ${number} of seed ${seed} (${bytes.length} bytes): ${bytes.toString('hex').slice(0, 8192)}`, {
        cause,
      });
    }
  }
}

/** For choices within a subject (where to cut, in how many pieces), which must follow from the input alone. */
export function randomOf(bytes: Uint8Array): Random {
  let sum = bytes.length;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
  return new Random(sum);
}
