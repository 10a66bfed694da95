/**
 * Standard streams by their paths, and those that are somebody's socket. inetd puts the client on descriptors 0, 1 and 2, so what a
 * program writes to standard error would reach the client in the middle of its stream.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';

const INPUT = 0;
const OUTPUT = 1;
const ERRORS = 2;

const PATHS: ReadonlyMap<string, typeof OUTPUT | typeof ERRORS> = new Map([
  ['/dev/stdout', OUTPUT],
  ['/dev/fd/1', OUTPUT],
  ['/proc/self/fd/1', OUTPUT],
  ['/dev/stderr', ERRORS],
  ['/dev/fd/2', ERRORS],
  ['/proc/self/fd/2', ERRORS],
]);

/** The descriptor that a path stands for. It is not opened by that path: it may be a socket, and a jail has no /dev. */
export function standardStreamOf(path: string | undefined): typeof OUTPUT | typeof ERRORS | undefined {
  return PATHS.get(path ?? '');
}

/** Where standard error is the socket of standard input, nothing is ever written to it. The first thing a process has to do. */
export function silenceClientErrors(): void {
  if (!areOneSocket(INPUT, ERRORS)) return;
  closeSync(ERRORS);
  openSync('/dev/null', 'w'); // takes the lowest number that is free
}

/** Whether two descriptors are the same socket. */
export function areOneSocket(first: number, second: number): boolean {
  try {
    const [one, other] = [fstatSync(first), fstatSync(second)];
    return one.isSocket() && one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false; // closed
  }
}
