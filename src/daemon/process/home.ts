/**
 * Relative paths of a configuration mean the folder the daemon was called in, also at a reload. A daemon in the background lives in
 * /, so that it keeps no file system from being unmounted, and goes home only while it reads.
 */

let home: string | undefined;

/** From now on the working directory is /. */
export function leaveHome(): void {
  home = process.cwd();
  process.chdir('/');
}

/** @param work the synchronous part of it runs at home */
export function atHome<T>(work: () => T): T {
  if (home === undefined) return work();
  goTo(home);
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
