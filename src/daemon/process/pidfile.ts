/** The pid file: replaced when it exists, removed at the end if it is still ours. */

import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { OvercoatError } from '../../errors.ts';
import { foreseeFile } from '../../linux/files/foreseen-file.ts';
import { systemErrorText } from '../../text/system-error.ts';

const FILE_MODE = 0o644;

/** @throws OvercoatError `start_process` */
export function writePidFile(path: string): void {
  try {
    remove(path); // a new file: a link that stood there is not followed
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: FILE_MODE });
  } catch (cause) {
    throw pidFileError(path, cause);
  }
}

/**
 * Whether the pid file will have a place, as far as that shows before it is written.
 * @param root the directory of `chroot`, in which the path will be looked up
 * @throws OvercoatError as `writePidFile`
 */
export function foreseePidFile(path: string, root?: string): void {
  try {
    foreseeFile(path, root);
  } catch (cause) {
    throw pidFileError(path, cause);
  }
}

function pidFileError(path: string, cause: unknown): OvercoatError {
  const advice = 'check `pid` and who may write there';
  return new OvercoatError('start_process', `Cannot create pid file ${path}: ${systemErrorText(cause)}; ${advice}`, cause);
}

/** Does nothing when another process has replaced the file, or when it cannot be removed (after a change of user). */
export function removePidFile(path: string): void {
  try {
    if (readFileSync(path, 'latin1').trim() === String(process.pid)) remove(path);
  } catch {
    // Not ours to remove any more.
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
