/** A folder for files that are gone again when the command ends. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OvercoatError } from '../../errors.ts';
import { plainSystemError } from '../../text/system-error.ts';

/**
 * Makes one, for this user alone, where TMPDIR says.
 * @param purpose a word of its name
 * @param what wants it, at the beginning of the error
 * @throws OvercoatError `start_process`
 */
export function temporaryFolder(purpose: string, what: string): string {
  try {
    return mkdtempSync(join(tmpdir(), `overcoat-${purpose}-`));
  } catch (cause) {
    throw unwritable(what, cause);
  }
}

/** For a file in it, too. */
export function unwritable(what: string, cause: unknown): OvercoatError {
  const text = `${what} cannot write its files into ${tmpdir()}: ${plainSystemError(cause).text}; TMPDIR names another folder`;
  return new OvercoatError('start_process', text, cause);
}
