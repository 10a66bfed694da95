/**
 * A process that works for its parent ends with it, however the parent ends. The kernel sees to it (PR_SET_PDEATHSIG, prctl(2)),
 * which survives execve but not a change of user or a new user namespace, and counts the end of the thread that started us as well.
 */
import { constants } from 'node:os';
import { parentDeathSignal } from '../libc/process.ts';

/**
 * @param parent its process id, as itself told us: when it has died before we could ask, another one is our parent now
 * @param signal what we get, at once where the parent is dead already
 */
export function endWithParent(parent: number, signal: NodeJS.Signals): void {
  parentDeathSignal(constants.signals[signal]);
  if (process.ppid !== parent) process.kill(process.pid, signal);
}

/** For what this process becomes by execve and what lives by rules of its own. */
export function outliveParent(): void {
  parentDeathSignal(0);
}
