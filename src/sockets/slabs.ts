/**
 * Memory of the bulk path. Reads land in one shared landing buffer while the connection is quiet, so that an idle connection owns
 * nothing, and in a leased slab while it is busy. Slabs are pooled per thread; beyond the pool they are left to the garbage collector,
 * so the pool is no limit, only a saving.
 */

/** A read of at least this many bytes counts as bulk: it is gathered with the others of its event-loop turn. */
export const BULK_BYTES = 8 * 1024;

/** Room for written bytes before `write` says stop; what a stalled reader costs grows with it. */
export const HIGH_WATER_MARK = 64 * 1024;

/** No slab may be smaller: what has landed must fit into it. */
const LANDING_BYTES = 64 * 1024;
const POOLED_SLABS = 32;

/** Shared by all quiet sockets of this thread: whoever is called back must copy the bytes out before returning. */
export const landing = Buffer.allocUnsafeSlow(LANDING_BYTES);

/** What TLS puts into one record at most (RFC 8446 section 5.1), and therefore what most reads of a TLS socket fill. */
const RECORD_BYTES = 16 * 1024;

/** Memory that reads are put together in. Its views are kept: making one costs as much as the rest of a read does here. */
export class Slab {
  readonly bytes: Buffer;
  readonly #tails: Buffer[];

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.#tails = [this.bytes];
    for (let from = RECORD_BYTES; from < size; from += RECORD_BYTES) this.#tails.push(this.bytes.subarray(from));
  }

  /** What is left of it behind `filled` bytes. */
  tail(filled: number): Buffer {
    return (filled % RECORD_BYTES === 0 ? this.#tails[filled / RECORD_BYTES] : undefined) ?? this.bytes.subarray(filled);
  }
}

/** Slabs of one size, for one thread. */
export class SlabPool {
  readonly slabBytes: number;
  readonly #pool: Slab[] = [];

  constructor(slabBytes: number) {
    this.slabBytes = slabBytes;
  }

  lease(): Slab {
    return this.#pool.pop() ?? new Slab(this.slabBytes);
  }

  /** Gives a slab back; nobody may read or write it any more. */
  giveBack(slab: Slab): void {
    if (this.#pool.length < POOLED_SLABS) this.#pool.push(slab);
  }
}

/** The larger the write, the less CPU a gigabyte costs; but a TLS leg keeps an encrypted copy of every write it could not send. */
export const slabs = new SlabPool(128 * 1024);
