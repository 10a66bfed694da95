/** The pid file: replaced when it exists, removed at the end if it is still ours. */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { OvercoatError } from '../errors.ts';
import { systemErrorText } from '../text/system-error.ts';

const FILE_MODE = 0o644;

/** @throws OvercoatError `start_process` */
export function writePidFile(path: string): void {
  try {
    remove(path); // a new file: a link that stood there is not followed
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: FILE_MODE });
  } catch (cause) {
    throw new OvercoatError(
      'start_process',
      `Cannot create pid file ${path}: ${systemErrorText(cause)}; check \`pid\` and who may write there`,
      cause,
    );
  }
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
