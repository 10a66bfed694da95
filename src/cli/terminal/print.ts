/** Lines of a command on its standard streams; a reader that has gone away is no failure. */
import { writeSync } from 'node:fs';
import { escapeRawBytes } from '../../text/raw-text.ts';

const RETRY_MS = 10;

/** One line on standard error. */
export function printError(line: string): void {
  write(2, `overcoat: ${escapeRawBytes(line)}\n`);
}

/** Text as it is on standard output. */
export function print(text: string): void {
  write(1, text);
}

function write(fd: number, text: string): void {
  let bytes: Uint8Array = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS); // a full pipe that someone made non-blocking
    }
  }
}
