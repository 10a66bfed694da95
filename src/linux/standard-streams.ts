/**
 * Standard streams that are somebody's socket. inetd puts the client on descriptors 0, 1 and 2, so that what a program says on
 * standard error would reach a stranger in the middle of its stream.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';

const INPUT = 0;
const ERRORS = 2;

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
