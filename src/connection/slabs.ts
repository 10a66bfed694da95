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

/** Slabs of one size. A stalled reader can make us hold two of them: one that is being written, one that waits for a read. */
export class SlabPool {
  readonly slabBytes: number;
  readonly #pool: Buffer[] = [];

  constructor(slabBytes: number) {
    this.slabBytes = slabBytes;
  }

  lease(): Buffer {
    return this.#pool.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes);
  }

  /** Gives a slab back; the caller must hold no view of it any more. */
  giveBack(slab: Buffer): void {
    if (this.#pool.length < POOLED_SLABS) this.#pool.push(slab);
  }
}

/** For bytes that go to a plain leg: the larger the write the less a gigabyte costs. */
export const plainSlabs = new SlabPool(128 * 1024);

/** For bytes that go to a TLS leg, which holds what it could not send a second time, encrypted. */
export const tlsSlabs = new SlabPool(64 * 1024);
