/** The id a connection's log lines carry in their brackets (man page option `logId`). */
import { randomInt } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { ServiceConfig } from '../../config/config.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNIQUE_LENGTH = 22;

/** One number, the next id; all threads count on the same one. */
let numbers = new BigUint64Array(new SharedArrayBuffer(BigUint64Array.BYTES_PER_ELEMENT));

/** What another thread of this process counts on, given to its `shareConnectionIds`. */
export function connectionIdMemory(): SharedArrayBuffer {
  return numbers.buffer as SharedArrayBuffer;
}

/** Counts on with the threads that have the same memory. */
export function shareConnectionIds(memory: SharedArrayBuffer): void {
  numbers = new BigUint64Array(memory);
}

/** The next connection's id; sequential ids count over all services of the process, from 0. */
export function nextConnectionId(form: ServiceConfig['logId']): string {
  const number = Atomics.add(numbers, 0, 1n);
  switch (form) {
    case 'sequential':
      return String(number);
    case 'thread':
      return String(threadId);
    case 'process':
      return String(process.pid);
    case 'unique':
      return Array.from({ length: UNIQUE_LENGTH }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('');
  }
}
