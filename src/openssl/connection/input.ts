/**
 * What handshakes read. Left to itself the library reads each record of a handshake in two pieces, so that one flight of a peer costs a
 * dozen system calls; here it is read at once, into a BIO pair that all connections share, and OpenSSL takes it from there. Nothing stays
 * in it after a call: what a connection does not use at once is taken out and becomes its own. Bulk is not read so: it would be copied.
 */
import type { Pointer } from '../../native/binding.ts';
import { viewOf } from '../../native/binding.ts';
import { opensslError } from '../library/errors.ts';
import { C } from '../library/library.ts';
import { Slot } from '../library/memory.ts';

/** More than most flights of a handshake have. */
const ROOM = 16_384;
const place = new Slot();
const [into, out] = makePair();
/** An empty pair begins at its first byte, so what is put into it always lies here. */
const bytes = viewOf(inputPlace(), ROOM);

function makePair(): readonly [Pointer, Pointer] {
  const other = new Slot();
  if (C.BIO_new_bio_pair(place.at, ROOM, other.at, 64) !== 1 || place.pointer === null || other.pointer === null) {
    throw opensslError('BIO_new_bio_pair failed');
  }
  return [place.pointer, other.pointer];
}

/** The half to read from, with a reference for an SSL that will free it. */
export function sharedInput(): Pointer {
  C.BIO_up_ref(out);
  return out;
}

/** Where the next bytes go, and how many: read them there and say how many there are with `inputFilled`. */
export function inputPlace(): Pointer {
  if (C.BIO_nwrite0(into, place.at) < ROOM || place.pointer === null)
    throw new Error('the shared input is not empty: a call has left it so');
  return place.pointer;
}

export const INPUT_ROOM = ROOM;

/** A copy of the first bytes that were put there. */
export function inputStart(length: number): Uint8Array {
  return bytes.slice(0, length);
}

/** So many bytes were written where the library reads next. */
export function inputFilled(bytes: number): void {
  C.BIO_nwrite(into, place.at, bytes);
}

/** How much a call has not used. */
export function unusedBytes(): number {
  return C.BIO_ctrl_pending(out);
}

/** Takes it out. @param into copied to; null: dropped */
export function moveUnused(length: number, into: Pointer | null): void {
  for (let left = length; left > 0; ) {
    const got = C.BIO_nread(out, place.at, left); // the ring may give it in two pieces
    if (got <= 0) throw opensslError('BIO_nread failed');
    if (into !== null) C.BIO_write(into, place.pointer, got);
    left -= got;
  }
}
