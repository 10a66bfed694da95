/**
 * Memory the C library has freed but kept. glibc returns only what lies at the end of its heap, and the buffers of a connection lie
 * between others: so after a burst it keeps about twice what is in use.
 */
import { mallocTrim } from '../libc/memory.ts';

/** Longer than a start goes on behind its last word, and shorter than anybody would notice. */
const AFTER_START_MS = 250;

let available = true;

/** Gives it back to the kernel; takes some milliseconds for some hundred megabytes. Nothing happens where the library cannot do it. */
export function returnFreeMemory(): void {
  if (!available) return;
  try {
    mallocTrim(0);
  } catch {
    available = false; // another C library (musl gives memory back by itself)
  }
}

/**
 * What reading modules and configuration took and nobody needs any more, given back when the start is over: 4 of 26 MB, in 2 ms. Called
 * once by every process that stays; keeps nothing alive.
 */
export function returnMemoryOfStart(): void {
  setTimeout(returnFreeMemory, AFTER_START_MS).unref();
}
