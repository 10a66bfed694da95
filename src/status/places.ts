/** Where control sockets are found: by the process that makes one, and by the commands that look for it. */
import { join } from 'node:path';

const SUFFIX = '.sock';
const FOLDER = 'overcoat';

/** @param name what stands for the configuration */
export function controlName(name: string, pid: number): string {
  return `${name}-${pid}${SUFFIX}`;
}

/** Whether a file in one of these folders has the name of a control socket. */
export function isControlName(file: string): boolean {
  const pid = file.slice(file.lastIndexOf('-') + 1, -SUFFIX.length);
  return file.endsWith(SUFFIX) && file.includes('-') && pid !== '' && [...pid].every((digit) => digit >= '0' && digit <= '9');
}

/** systemd's folder for the unit, else that of the machine for root, else that of the user. Always one that others cannot write in. */
export function controlFolder(environment: NodeJS.ProcessEnv, isRoot: boolean): string {
  const ofUnit = environment['RUNTIME_DIRECTORY']?.split(':')[0];
  if (ofUnit?.startsWith('/')) return ofUnit;
  if (isRoot) return join('/run', FOLDER);
  const ofUser = environment['XDG_RUNTIME_DIR'];
  return ofUser?.startsWith('/') ? join(ofUser, FOLDER) : join('/run', FOLDER);
}

/** Everywhere a command looks: a process may have been started by another hand. */
export function controlFolders(environment: NodeJS.ProcessEnv): readonly string[] {
  const ofUser = environment['XDG_RUNTIME_DIR'];
  return [...new Set([controlFolder(environment, true), join('/run', FOLDER), ...(ofUser?.startsWith('/') ? [join(ofUser, FOLDER)] : [])])];
}
