/** A yes-or-no question on the terminal, whatever standard input and output are. */
import { closeSync, readSync, writeSync } from 'node:fs';
import { openTerminal } from './open-terminal.ts';

const MAX_ANSWER_BYTES = 100;

/** @returns undefined where there is no terminal to ask on; anything but yes is no */
export function confirm(question: string): boolean | undefined {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  try {
    writeSync(terminal, `${question} [y/N] `);
    const answer = Buffer.alloc(MAX_ANSWER_BYTES);
    const length = readSync(terminal, answer);
    return ['y', 'yes'].includes(answer.toString('utf8', 0, length).trim().toLowerCase());
  } finally {
    closeSync(terminal);
  }
}
