/** The id a connection's log lines carry in their brackets (man page option `logId`). */
import { randomInt } from 'node:crypto';
import type { ServiceConfig } from '../../config/config.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNIQUE_LENGTH = 22;

/** One number, the next id; all workers count on the same one. */
let numbers = new BigUint64Array(1);

/** Counts on with all who have the same number. @param memory one number */
export function shareConnectionIds(memory: BigUint64Array<ArrayBuffer>): void {
  numbers = memory;
}

/** The next connection's id; sequential ids count over all services of the process, from 0. */
export function nextConnectionId(form: ServiceConfig['logId']): string {
  const number = Atomics.add(numbers, 0, 1n);
  switch (form) {
    case 'sequential':
      return String(number);
    case 'thread': // connections run in the first thread of a process, whose id is that of the process (gettid(2))
    case 'process':
      return String(process.pid);
    case 'unique':
      return Array.from({ length: UNIQUE_LENGTH }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('');
  }
}
