/**
 * Where a program is: a tool of the system, or a command as users name it. A plain user's PATH often leaves out the sbin folders, in
 * which `nft` and `ip` are.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { OvercoatError } from '../../errors.ts';

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** What has to be installed where a program is missing; the names are the same on Debian, Fedora, Alpine and Arch but for `iproute`. */
const PACKAGES = new Map([
  ['nft', 'nftables'],
  ['ip', 'iproute2 (iproute on Fedora)'],
  ['unshare', 'util-linux'],
]);

/** @returns the absolute path, or undefined. Entries of PATH that are not absolute are skipped: root must not run what lies around. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/')), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * The files that execvp(3) and the shell would try for a command, in their order: for what users want to be run, as they wrote it.
 * @param searchPath the value of PATH; an empty entry is the current folder. A name with a slash is not looked up; no name is no program.
 */
export function commandFiles(name: string, searchPath: string): readonly string[] {
  if (name === '') return [];
  if (name.includes('/')) return [name];
  return searchPath.split(delimiter).map((folder) => join(folder === '' ? '.' : folder, name));
}

/** @throws OvercoatError `start_program` naming the package to install */
export function needProgram(name: string): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  throw new OvercoatError('start_program', `The program ${name} is not installed; install the package ${PACKAGES.get(name) ?? name}`);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
