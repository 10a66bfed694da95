/** Says what takes its time, on a terminal and only when it does. */
import { isatty } from 'node:tty';
import { printError } from './print.ts';

/** Below it nobody wonders. */
const QUIET_MS = 1_000;

/** @param what `connecting to HOST:PORT`; printed as `what ...` where the work takes longer than a second */
export async function withProgress<T>(
  what: string,
  work: Promise<T>,
  shows = isatty(2),
  say: (line: string) => void = printError,
): Promise<T> {
  const timer = shows ? setTimeout(() => say(`${what} ...`), QUIET_MS) : undefined;
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
