/**
 * chroot. The trap: modules that load on first use are files, and files are out of reach afterwards; so everything that a
 * connection may ever need is loaded before.
 */
import { readdirSync } from 'node:fs';
import { OvercoatError } from '../errors.ts';
import { sentenceOf } from '../linux/errno-text.ts';
import { chroot, loadLibc } from '../linux/libc.ts';

/** Folders of src/ whose modules run while connections are served. */
const SERVING = ['config', 'connection', 'daemon', 'linux', 'names', 'observe', 'protocols', 'tls'] as const;

/**
 * From here on every path means something below `directory`.
 * @throws OvercoatError `start_privilege`, `start_platform`
 */
export async function enterJail(directory: string): Promise<void> {
  if (process.platform === 'win32') throw new OvercoatError('start_platform', 'chroot does not exist on this system');
  loadLibc();
  await loadEverything();
  const result = chroot(directory);
  if (result < 0) {
    const advice = 'chroot needs root, and a directory that exists';
    throw new OvercoatError('start_privilege', `chroot ${directory}: ${sentenceOf(result)} (${-result}); ${advice}`);
  }
  process.chdir('/');
}

async function loadEverything(): Promise<void> {
  for (const folder of SERVING) {
    const base = new URL(`../${folder}/`, import.meta.url);
    for (const name of modulesIn(base)) await import(new URL(name, base).href);
  }
}

/** Modules are `.ts` in a checkout and `.js` in a package. */
function modulesIn(folder: URL): string[] {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return found.filter((name) => name.endsWith(extension) && !name.endsWith('.d.ts'));
}
