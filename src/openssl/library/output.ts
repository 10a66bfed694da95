/**
 * What OpenSSL wants to send, of all connections: one BIO pair whose one half every SSL writes into. Straight after a call the other half
 * is emptied into that connection's socket, in place; an idle connection owns no output buffer. The danger: what one connection leaves
 * in it would go out on another one's socket. So it is proved empty before a connection calls OpenSSL, always; if it ever is not, the
 * process ends there, since whose bytes these are is no longer known.
 */
import { writeSync } from 'node:fs';
import type { Pointer } from '../../native/binding.ts';
import { bind, ownSymbols, viewOf } from '../../native/binding.ts';
import { SCRATCH_BYTES } from '../../sockets/scratch.ts';
import { opensslError } from './errors.ts';
import { C } from './library.ts';
import { Slot } from './memory.ts';

/** Room for what one SSL_write of the scratch buffer makes of it: headers, padding and tags of its records. */
const OVERHEAD = 4096;
const { abort } = bind([ownSymbols()], { abort: 'void ()' });
const place = new Slot();
const [into, out] = makePair();
/** An empty pair begins at its first byte again, so what it holds always lies here. */
const [base, bytes] = findBase();
export const outputAddress: Pointer = base;
let last = bytes;

function makePair(): readonly [Pointer, Pointer] {
  const other = new Slot();
  if (C.BIO_new_bio_pair(place.at, SCRATCH_BYTES + OVERHEAD, other.at, 64) !== 1 || place.pointer === null || other.pointer === null) {
    throw opensslError('BIO_new_bio_pair failed');
  }
  return [place.pointer, other.pointer];
}

function findBase(): readonly [Pointer, Uint8Array] {
  C.BIO_write(into, new Uint8Array(1), 1);
  C.BIO_nread(out, place.at, 1);
  if (place.pointer === null) throw opensslError('BIO_nread failed');
  return [place.pointer, viewOf(place.pointer, SCRATCH_BYTES + OVERHEAD)];
}

/** The half to write into, with a reference for an SSL that will free it. */
export function outputReference(): Pointer {
  C.BIO_up_ref(into);
  return into;
}

/** To be called before OpenSSL is, for whichever connection. */
export function proveEmpty(): void {
  if (C.BIO_ctrl_pending(out) === 0) return;
  writeSync(2, 'overcoat: bytes of one connection were left where those of another go; the process ends here\n');
  abort();
}

/** How many bytes the call has left to send. */
export function producedBytes(): number {
  return C.BIO_ctrl_pending(out);
}

/** They, in place: valid until `discard`. */
export function outputBytes(length: number): Uint8Array {
  if (last.length !== length) last = bytes.subarray(0, length);
  return last;
}

/** Empties it. */
export function discard(length: number): void {
  C.BIO_nread(out, place.at, length);
}

/** @internal For the test of the proof: leaves something behind, as a defect would. */
export function leaveBehind(left: Uint8Array): void {
  C.BIO_write(into, left, left.length);
}
