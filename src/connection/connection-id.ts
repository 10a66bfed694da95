/** The id a connection's log lines carry in their brackets (man page option `logId`). */
import { randomInt } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { ServiceConfig } from '../config/config.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNIQUE_LENGTH = 22;

let counter = 0;

/** The next connection's id; sequential ids count over all services of the process, from 0. */
export function nextConnectionId(form: ServiceConfig['logId']): string {
  const number = counter;
  counter += 1;
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
