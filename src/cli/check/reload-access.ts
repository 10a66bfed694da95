/** Files that are read as root at the start and that a reload, as the user of `setuid`, will not be able to read. */
import { spawnSync } from 'node:child_process';
import type { GlobalConfig } from '../../config/config.ts';

/** access(2) judges ACLs and all folders on the way, so it is asked as that user. Prints what may not be read, with zero bytes between. */
const SCRIPT = 'for file; do [ -r "$file" ] || printf "%s\\0" "$file"; done';

/** @returns a message for each, which begins with the file; none where we are not root, and with chroot, where a reload reads inside */
export function unreadableAtReload({ setuid, setgid, chroot }: GlobalConfig, files: readonly string[]): readonly string[] {
  if (setuid === undefined || setuid === 0 || chroot !== undefined || process.geteuid?.() !== 0 || files.length === 0) return [];
  const as = { uid: setuid, gid: setgid ?? process.getegid?.() ?? 0 };
  const { status, stdout } = spawnSync('/bin/sh', ['-c', SCRIPT, 'sh', ...files], { ...as, encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) return [];
  return stdout.split('\0').flatMap((file) => (file === '' ? [] : [`${file}: ${advice(setuid)}`]));
}

function advice(uid: number): string {
  return `the user of setuid (uid ${uid}) may not read it, so a reload (SIGHUP) will fail; say reloadCerts = watch, let it read the file (chown, chmod), or restart instead`;
}
