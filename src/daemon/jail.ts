/**
 * chroot. The trap: modules that load on first use are files, and files are out of reach afterwards; so everything that a
 * connection may ever need is loaded before, and found by its name alone from then on (Node looks at the disk even for a module it
 * has loaded).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
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
  const loaded = new Set<string>();
  for (const folder of SERVING) {
    const base = new URL(`../${folder}/`, import.meta.url);
    for (const name of modulesIn(base)) {
      const { href } = new URL(name, base);
      loaded.add(href);
      await import(href);
    }
  }
  const packages = await loadPackages();
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = packages.get(specifier) ?? (specifier.startsWith('.') ? new URL(specifier, context.parentURL).href : specifier);
      return loaded.has(url) || packages.has(specifier) ? { url, shortCircuit: true } : next(specifier, context);
    },
  });
}

/** The packages this program depends on, by name. One that is not installed here is one that nothing here needs. */
async function loadPackages(): Promise<ReadonlyMap<string, string>> {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> };
  const urls = new Map<string, string>();
  for (const name of Object.keys(dependencies)) {
    try {
      await import(name);
      urls.set(name, import.meta.resolve(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
  }
  return urls;
}

/** Modules are `.ts` in a checkout and `.js` in a package. */
function modulesIn(folder: URL): string[] {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return found.filter((name) => name.endsWith(extension) && !name.endsWith('.d.ts'));
}
