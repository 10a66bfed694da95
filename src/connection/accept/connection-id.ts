/** What a connection is called: its number, and the id its log lines carry in their brackets (man page option `logId`). */
import { randomInt } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { ServiceConfig } from '../../config/config.ts';
import type { ConnectionIdentity } from '../../observe/events.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNIQUE_LENGTH = 22;

/** One number, that of the next connection; all threads count on the same one. */
let numbers = new BigUint64Array(new SharedArrayBuffer(BigUint64Array.BYTES_PER_ELEMENT));

/** What another thread of this process counts on, given to its `shareConnectionIds`. */
export function connectionIdMemory(): SharedArrayBuffer {
  return numbers.buffer as SharedArrayBuffer;
}

/** Counts on with the threads that have the same memory. */
export function shareConnectionIds(memory: SharedArrayBuffer): void {
  numbers = new BigUint64Array(memory);
}

/** Of the next connection. Numbers count over all services of the process, and sequential ids are the numbers. */
export function nextConnection(form: ServiceConfig['logId']): ConnectionIdentity {
  const connection = Number(Atomics.add(numbers, 0, 1n));
  return { connection, id: idOf(connection, form) };
}

function idOf(connection: number, form: ServiceConfig['logId']): string {
  switch (form) {
    case 'sequential':
      return String(connection);
    case 'thread':
      return String(threadId);
    case 'process':
      return String(process.pid);
    case 'unique':
      return Array.from({ length: UNIQUE_LENGTH }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('');
  }
}
