/** A yes-or-no question on the terminal, whatever standard input and output are. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const MAX_ANSWER_BYTES = 100;

/** @returns undefined where there is no terminal to ask on; anything but yes is no */
export function confirm(question: string): boolean | undefined {
  let terminal: number;
  try {
    terminal = openSync('/dev/tty', 'r+');
  } catch {
    return undefined;
  }
  try {
    writeSync(terminal, `${question} [y/N] `);
    const answer = Buffer.alloc(MAX_ANSWER_BYTES);
    const length = readSync(terminal, answer);
    return ['y', 'yes'].includes(answer.toString('utf8', 0, length).trim().toLowerCase());
  } finally {
    closeSync(terminal);
  }
}
