/**
 * Relative paths of a configuration are relative to the folder the daemon was started in, also at a reload. A daemon in the background
 * has / as its working directory, so that it keeps no file system from being unmounted, and returns only while it reads.
 */
import { resolve } from 'node:path';

let left: string | undefined;

/** From now on the working directory is /. */
export function leaveStartFolder(): void {
  left = process.cwd();
  process.chdir('/');
}

/** What relative paths of a configuration are relative to. */
export function startFolder(): string {
  return left ?? process.cwd();
}

/** @param path of a configuration, relative or not; @returns the whole one */
export function fromStartFolder(path: string): string {
  return resolve(startFolder(), path);
}

/** @param work its synchronous part runs in the start folder */
export function inStartFolder<T>(work: () => T): T {
  if (left === undefined) return work();
  goTo(left);
  try {
    return work();
  } finally {
    goTo('/');
  }
}

/** The folder may be gone by now; absolute paths still work. */
function goTo(folder: string): void {
  try {
    process.chdir(folder);
  } catch {
    process.chdir('/');
  }
}
