/** What a connection is called: its number, and the id its log lines carry in their brackets (man page option `logId`). */
import { randomInt } from 'node:crypto';
import type { ServiceConfig } from '../../config/config.ts';
import type { ConnectionIdentity } from '../../observe/events.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNIQUE_LENGTH = 22;

/** One number, that of the next connection; all workers count on the same one. */
let numbers = new BigUint64Array(1);

/** Counts on with all who have the same number. @param memory one number */
export function shareConnectionIds(memory: BigUint64Array<ArrayBuffer>): void {
  numbers = memory;
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
    case 'thread': // connections run in the first thread of a process, whose id is that of the process (gettid(2))
    case 'process':
      return String(process.pid);
    case 'unique':
      return Array.from({ length: UNIQUE_LENGTH }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('');
  }
}
