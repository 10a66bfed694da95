/**
 * Memory the C library has freed but kept. glibc returns only what lies at the end of its heap, and the buffers of a connection lie
 * between others: so after a burst it keeps about twice what is in use.
 */
import { mallocTrim } from './libc.ts';

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
