/** Directories of certificates or revocation lists, prepared with `openssl rehash` (CApath, CRLpath, SSL_CERT_DIR). */

import { join } from 'node:path';
import { listStartFolder, statStartFile } from '../../start-files.ts';
import { describeSystemError } from '../../text/system-error.ts';
import { valueHint } from '../../text/value-hint.ts';
import { materialError, readMaterial } from './material-file.ts';

const NAMES = {
  CApath: /^[0-9a-f]{8}\.[0-9]+$/,
  CRLpath: /^[0-9a-f]{8}\.r[0-9]+$/,
} as const;

/**
 * The files `openssl rehash` names: eight hex digits, a dot, for revocation lists an `r`, a number. OpenSSL looks at no others
 * either. Unlike OpenSSL, which looks when it needs one, we read them all at start: the place may be out of reach later.
 * @param named where the user has named it, if that is not the option
 */
export function readHashedDirectory(option: keyof typeof NAMES, directory: string, named: string = option): readonly Buffer[] {
  return listDirectory(named, directory)
    .filter((name) => NAMES[option].test(name))
    .map((name) => readMaterial(named, join(directory, name)));
}

/** What takes a file in the place of a directory. */
const FILE_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['CApath', 'CAfile'],
  ['CRLpath', 'CRLfile'],
  ['SSL_CERT_DIR', 'SSL_CERT_FILE'],
]);

/** Names in a directory, sorted. @throws OvercoatError `config_key_material` */
export function listDirectory(option: string, directory: string): readonly string[] {
  try {
    return listStartFolder(directory);
  } catch (error) {
    const isFile = (error as NodeJS.ErrnoException).code === 'ENOTDIR' && statStartFile(directory)?.isFile === true;
    const hint = isFile ? `it is a file; give it to ${FILE_OPTIONS.get(option) ?? option}` : describeSystemError(error).text;
    const fix = valueHint(directory) ?? 'a directory prepared with `openssl rehash` is needed';
    throw materialError(option, directory, `${hint}; ${fix}`, error);
  }
}
