/**
 * The control group whose connections are not intercepted: this process has to be in it, and it has to exist before the rules name
 * it, because nft looks its inode up. Systems with cgroup v1 beside v2 mount the latter below /sys/fs/cgroup/unified.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OvercoatError } from '../../errors.ts';
import type { Exemption } from '../rules/rules.ts';

const SYSTEM_ROOT = '/sys/fs/cgroup';

export type CgroupExemption = Extract<Exemption, { kind: 'cgroup' }>;

/** @param path as written: with or without the mount point in front. @throws OvercoatError `gateway_rules` without cgroup v2 */
export function findCgroup(path: string): CgroupExemption {
  const mount = cgroupMount(readFileSync('/proc/self/mountinfo', 'utf8'));
  if (mount === undefined)
    throw new OvercoatError('gateway_rules', 'There is no cgroup v2 here (no cgroup2 mount below /sys/fs/cgroup); use --local user=NAME');
  const below = path.startsWith(`${mount}/`) ? path.slice(mount.length) : path;
  const parts = below.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  if (parts.length === 0)
    throw new OvercoatError('gateway_rules', `--local cgroup=${path} is the root of the hierarchy, which holds every process`);
  const prefix = mount === SYSTEM_ROOT ? '' : `${mount.slice(SYSTEM_ROOT.length + 1)}/`;
  return { kind: 'cgroup', path: parts.join('/'), prefix };
}

/** Makes the group. @returns the folders that were not there before, outermost first */
export function makeCgroup({ path, prefix }: CgroupExemption): readonly string[] {
  const made = missingFolders(join(SYSTEM_ROOT, prefix), path);
  for (const folder of made) mkdirSync(folder);
  return made;
}

/** Removes what `makeCgroup` made, as far as nobody is in it. */
export function removeCgroup(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      // gone, or in use by somebody else now
    }
  }
}

/** Moves this process there. @returns moves it back */
export function enterCgroup({ path, prefix }: CgroupExemption): () => void {
  const mount = join(SYSTEM_ROOT, prefix);
  const before = ownCgroup(readFileSync('/proc/self/cgroup', 'utf8'));
  if (`${before}/`.startsWith(`/${path}/`)) return () => undefined;
  writeFileSync(join(mount, path, 'cgroup.procs'), '0');
  return () => writeFileSync(join(mount, before, 'cgroup.procs'), '0');
}

/** Where cgroup2 is mounted, from /proc/PID/mountinfo (proc(5)). */
export function cgroupMount(mountinfo: string): string | undefined {
  const rows = mountinfo.split('\n').map((row) => row.split(' '));
  const mounts = rows.filter((row) => row[row.indexOf('-') + 1] === 'cgroup2').map((row) => row[4] ?? '');
  return mounts.find((mount) => mount === SYSTEM_ROOT || mount.startsWith(`${SYSTEM_ROOT}/`));
}

/** The v2 line of /proc/PID/cgroup: `0::/system.slice/ssh.service`. */
function ownCgroup(text: string): string {
  const line = text.split('\n').find((each) => each.startsWith('0::'));
  return line?.slice('0::'.length) ?? '/';
}

function missingFolders(mount: string, path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => join(mount, ...parts.slice(0, index + 1))).filter((folder) => !existsSync(folder));
}
