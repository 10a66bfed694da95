/** Lines of a command on its standard streams; a reader that has gone away is no failure. */
import { writeSync } from 'node:fs';
import { OvercoatError } from '../../errors.ts';
import { escapeRawBytes } from '../../text/raw-text.ts';
import { systemErrorText } from '../../text/system-error.ts';

const RETRY_MS = 10;

/** One line on standard error. Where that cannot be written there is nobody to tell. */
export function printError(line: string): void {
  write(2, `overcoat: ${escapeRawBytes(line)}\n`);
}

/**
 * Text as it is on standard output.
 * @returns whether somebody may be reading still
 * @throws OvercoatError `start_process` where it does not go there, as on a full disk: what was written so far would look whole
 */
export function print(text: string): boolean {
  const error = write(1, text);
  if (error === undefined || error.code === 'EPIPE') return error === undefined;
  throw new OvercoatError(
    'start_process',
    `Standard output cannot be written: ${systemErrorText(error)}; make room, or send it elsewhere`,
    error,
  );
}

/** @returns why the rest could not be written */
function write(fd: number, text: string): NodeJS.ErrnoException | undefined {
  let bytes: Uint8Array = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return error as NodeJS.ErrnoException;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS); // a full pipe that someone made non-blocking
    }
  }
  return undefined;
}
