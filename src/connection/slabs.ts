/**
 * Memory of the bulk path. Reads of a dialled socket land in one shared landing buffer while the connection is quiet, so that an
 * idle connection owns nothing, and in a leased slab while it is busy. Slabs are pooled per thread; beyond the pool they are left
 * to the garbage collector, so the pool is no limit, only a saving.
 */

/** A read of at least this many bytes counts as bulk: it is gathered with the others of its event-loop turn. */
export const BULK_BYTES = 8 * 1024;

/** What the runtime reads from an accepted socket at most in one go, and therefore what bulk is put together to. */
export const GATHER_BYTES = 64 * 1024;

/** Room for written bytes before `write` says stop; what a stalled reader costs grows with it. */
export const HIGH_WATER_MARK = GATHER_BYTES;

/** One slab: what a stalled reader can make us hold per direction, before TLS doubles it (see docs/tuning.md). */
export const SLAB_BYTES = 128 * 1024;

const LANDING_BYTES = 64 * 1024;
const POOLED_SLABS = 64;

/** Shared by all quiet sockets of this thread: whoever is called back must copy the bytes out before returning. */
export const landing = Buffer.allocUnsafeSlow(LANDING_BYTES);

const pool: Buffer[] = [];

export function leaseSlab(): Buffer {
  return pool.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
}

/** Gives a slab back; the caller must hold no view of it any more. */
export function returnSlab(slab: Buffer): void {
  if (pool.length < POOLED_SLABS) pool.push(slab);
}
