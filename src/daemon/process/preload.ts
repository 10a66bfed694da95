/**
 * Loads everything that serving may ever need, for a process that is about to lose sight of its own files: in a jail they are not
 * there, and another user may not be allowed to read them. The trap: Node looks at the disk even for a module it has loaded, so
 * from here on modules are found by their names alone.
 */
import { registerHooks } from 'node:module';
import { loadLibc } from '../../linux/libc/call.ts';
import { modulesBelow, ownPackages, packageUrl } from '../../self.ts';
import { PAGE_FOLDER } from '../../status/http/page-parts.ts';

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

let done = false;

/** @param status also what the status port and the control socket need */
export async function preloadEverything(status: boolean): Promise<void> {
  if (done) return;
  done = true;
  loadLibc();
  await loadEverything(status);
}

async function loadEverything(status: boolean): Promise<void> {
  const loaded = new Set<string>();
  for (const { href } of modulesBelow(status ? [...SERVING, 'status'] : SERVING)) {
    if (href.includes(`/${PAGE_FOLDER}/`)) continue; // they run in a browser
    loaded.add(href);
    await import(href);
  }
  if (status) await (await import('../../status/http/page-files.ts')).pageFiles();
  const packages = await loadPackages(status);
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = packages.get(specifier) ?? (specifier.startsWith('.') ? new URL(specifier, context.parentURL).href : specifier);
      return loaded.has(url) || packages.has(specifier) ? { url, shortCircuit: true } : next(specifier, context);
    },
  });
}

/** They run in a browser. */
const OF_PAGE: ReadonlySet<string> = new Set(['htm', 'preact', 'uplot']);
/** Nobody else needs them. */
const OF_STATUS: ReadonlySet<string> = new Set(['@hono/node-server', 'hono', 'prom-client']);

/** The packages this program depends on, by name. One that is not installed here is one that nothing here needs. */
async function loadPackages(status: boolean): Promise<ReadonlyMap<string, string>> {
  const urls = new Map<string, string>();
  for (const name of ownPackages()) {
    if (OF_PAGE.has(name) || (OF_STATUS.has(name) && !status)) continue;
    try {
      await import(name);
      urls.set(name, packageUrl(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
  }
  return urls;
}
