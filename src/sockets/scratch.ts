/**
 * The one buffer that application bytes pass through: all legs of a process read into it, and what a write does not take is copied out
 * of it. It belongs to the leg that is delivering until its receiver returns.
 */
import type { Memory, Pointer } from '../native/binding.ts';
import { viewOf } from '../native/binding.ts';
import { allocate } from './system-calls.ts';

/** Four TLS records. */
export const SCRATCH_BYTES = 65_536;

export const scratchPointer: Pointer = allocate(SCRATCH_BYTES);
const whole = viewOf(scratchPointer, SCRATCH_BYTES);
let last = whole;

/** The first `length` bytes. The same object as before where the length is: bulk makes no garbage. */
export function scratchBytes(length: number): Uint8Array {
  if (last.length !== length) last = whole.subarray(0, length);
  return last;
}

/** What C is given for `bytes`: the address where it is known, which is a third of the cost. */
export function memoryOf(bytes: Uint8Array): Memory {
  return bytes === last ? scratchPointer : bytes;
}
