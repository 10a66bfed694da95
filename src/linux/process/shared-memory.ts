/**
 * Memory that several processes have together: a file without a name (memfd_create(2)), inherited or handed over as a descriptor and
 * mapped by each. Work on it with `Atomics`, which hold between processes as they do between threads. Its size is sealed: who made it
 * smaller would end all others at their next look (SIGBUS). Linux only.
 */
import { systemError } from '../../text/system-error.ts';
import { close } from '../libc/descriptors.ts';
import { ftruncate, mapShared, sealableMemfd, sealSize } from '../libc/memory.ts';

export interface SharedMemory {
  /** Closed on exec; whoever gets it maps the same memory. */
  readonly fd: number;
  /** All zeros at first; there until this process ends. */
  readonly buffer: ArrayBuffer;
}

/** @throws NodeJS.ErrnoException */
export function createSharedMemory(name: string, bytes: number): SharedMemory {
  const fd = succeeded('memfd_create', sealableMemfd(name));
  try {
    succeeded('ftruncate', ftruncate(fd, bytes));
    succeeded('fcntl', sealSize(fd));
    return { fd, buffer: openSharedMemory(fd, bytes) };
  } catch (cause) {
    close(fd);
    throw cause;
  }
}

/** The memory of another process, by a descriptor it gave us. @throws NodeJS.ErrnoException */
export function openSharedMemory(fd: number, bytes: number): ArrayBuffer {
  const mapped = mapShared(fd, bytes);
  if (typeof mapped === 'number') throw systemError('mmap', -mapped);
  return mapped;
}

function succeeded(call: string, result: number): number {
  if (result < 0) throw systemError(call, -result);
  return result;
}
