import { openSync } from 'node:fs';

/** The terminal of whoever sits there, whatever standard input and output are. @returns a descriptor, or undefined where there is none */
export function openTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', 'r+');
  } catch {
    return undefined;
  }
}
