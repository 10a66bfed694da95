/**
 * Loads everything that serving may ever need, for a process that is about to lose sight of its own files: in a jail they are not
 * there, and another user may not be allowed to read them. The trap: Node looks at the disk even for a module it has loaded, so
 * from here on modules are found by their names alone.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { libcAvailable } from '../../linux/libc.ts';

/** Folders of src/ whose modules run while connections are served. */
const SERVING = [
  'address',
  'config',
  'connection',
  'daemon',
  'linux',
  'names',
  'native',
  'observe',
  'openssl',
  'programs',
  'protocols',
  'sockets',
  'text',
  'tls',
] as const;
/** Not modules but programs, which do their work when they are loaded. */
const PROGRAMS = ['terminal-starter.ts', 'workers/worker.ts'] as const;

let done = false;

export async function preloadEverything(): Promise<void> {
  if (done) return;
  done = true;
  libcAvailable();
  await loadEverything();
}

async function loadEverything(): Promise<void> {
  const loaded = new Set<string>();
  for (const folder of SERVING) {
    const base = new URL(`../../${folder}/`, import.meta.url);
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
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
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

function modulesIn(folder: URL): string[] {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const isProgram = (name: string): boolean => PROGRAMS.some((program) => name.endsWith(program));
  return found.filter((name) => name.endsWith('.ts') && !isProgram(name));
}
