/** chroot(2). What the process needs of the files outside must be loaded before. */

import { OvercoatError } from '../../errors.ts';
import { foreseeDirectory } from '../../linux/files/foreseen-file.ts';
import { chroot } from '../../linux/libc/rights.ts';
import { systemError, systemErrorText } from '../../text/system-error.ts';

let entered = false;

/** What stands before the paths that `chroot` makes of its folder's: nothing, once this process is in it. */
export function jailPrefix(chroot: string | undefined): string {
  return entered || chroot === undefined ? '' : chroot;
}

/**
 * From here on every path means something below `directory`.
 * @throws OvercoatError `start_privilege`
 */
export function enterJail(directory: string): void {
  const result = chroot(directory);
  if (result < 0) throw jailError(directory, systemError('chroot', result));
  entered = true;
  process.chdir('/');
}

/** Whether the directory is there. @throws OvercoatError as `enterJail` */
export function foreseeJail(directory: string): void {
  try {
    foreseeDirectory(directory);
  } catch (cause) {
    throw jailError(directory, cause);
  }
}

function jailError(directory: string, cause: unknown): OvercoatError {
  const advice = 'chroot needs root, and a directory that exists';
  return new OvercoatError('start_privilege', `chroot ${directory}: ${systemErrorText(cause)}; ${advice}`, cause);
}
