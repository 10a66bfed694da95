/** chroot(2). What the process needs of the files outside must be loaded before. */
import { OvercoatError } from '../errors.ts';
import { chroot } from '../linux/libc.ts';
import { sentenceOf } from '../text/system-error.ts';

/**
 * From here on every path means something below `directory`.
 * @throws OvercoatError `start_privilege`, `start_platform`
 */
export function enterJail(directory: string): void {
  if (process.platform === 'win32') throw new OvercoatError('start_platform', 'chroot does not exist on this system');
  const result = chroot(directory);
  if (result < 0) {
    const advice = 'chroot needs root, and a directory that exists';
    throw new OvercoatError('start_privilege', `chroot ${directory}: ${sentenceOf(result)} (${-result}); ${advice}`);
  }
  process.chdir('/');
}
