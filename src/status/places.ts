/** Where control sockets are found: by the process that makes one, and by the commands that look for it. */
import { basename, join } from 'node:path';
import { cutBytes } from '../text/printable.ts';

const SUFFIX = '.sock';
const FOLDER = 'overcoat';
/** Where the machine keeps what lives as long as processes do. */
export const RUN = '/run';

/** The path of a Unix socket has 107 bytes at most (unix(7)), and its folder takes some. */
const MAX_NAME_BYTES = 40;

/** @param name what stands for the configuration; a long one is cut */
export function controlName(name: string, pid: number): string {
  return `${cutBytes(name, MAX_NAME_BYTES)}-${pid}${SUFFIX}`;
}

/** Whether a file in one of these folders has the name of a control socket. */
export function isControlName(file: string): boolean {
  const pid = file.slice(file.lastIndexOf('-') + 1, -SUFFIX.length);
  return file.endsWith(SUFFIX) && file.includes('-') && pid !== '' && [...pid].every((digit) => digit >= '0' && digit <= '9');
}

/** The control socket of the process that took the place of the one whose socket has this path: the same, unless its name says whose it is. */
export function controlOfSuccessor(path: string, pid: number): string {
  return isControlName(basename(path)) ? `${path.slice(0, path.lastIndexOf('-'))}-${pid}${SUFFIX}` : path;
}

/** systemd's folder for the unit, else that of the machine for root, else that of the user. Always one that others cannot write in. */
export function controlFolder(environment: NodeJS.ProcessEnv, isRoot: boolean): string {
  const ofUnit = unitFolder(environment);
  if (ofUnit !== undefined) return ofUnit;
  if (isRoot) return join(RUN, FOLDER);
  const ofUser = environment['XDG_RUNTIME_DIR'];
  return ofUser?.startsWith('/') ? join(ofUser, FOLDER) : join(RUN, FOLDER);
}

function unitFolder(environment: NodeJS.ProcessEnv): string | undefined {
  const folder = environment['RUNTIME_DIRECTORY']?.split(':')[0];
  return folder?.startsWith('/') ? folder : undefined;
}

/**
 * Everywhere a command looks: a process may have been started by another hand, or by a unit, whose folder has a name of its own
 * (`overcoat-mail`). A command of a unit, as `ExecReload=` is, means that unit.
 * @param inRun the names in `RUN`
 */
export function controlFolders(environment: NodeJS.ProcessEnv, inRun: readonly string[]): readonly string[] {
  const ofUnit = unitFolder(environment);
  if (ofUnit !== undefined) return [ofUnit];
  const ofUser = environment['XDG_RUNTIME_DIR'];
  const ofUnits = inRun.filter((name) => name.startsWith(`${FOLDER}-`)).map((name) => join(RUN, name));
  return [join(RUN, FOLDER), ...ofUnits, ...(ofUser?.startsWith('/') ? [join(ofUser, FOLDER)] : [])];
}
