/**
 * The program without TypeScript: one file of JavaScript for each entry of src/self.ts. A file holds everything its entry ever loads,
 * but what is loaded late in src/ is run late in the file as well, modules of Node included. It is not shortened, so that the lines
 * of a stack trace can be read.
 */
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import { ENTRIES } from '../../src/self.ts';
import { ROOT } from '../sources.ts';

/** Packages that are installed beside the program, since a part of them is compiled for one platform. */
export const NATIVE_PACKAGES: readonly string[] = ['koffi'];

/** @returns the names of the packages whose code is now in the files */
export async function writeBundle(folder: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([entry, path]) => [entry, join('src', path)])),
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: `node${process.versions.node}`,
    charset: 'utf8',
    legalComments: 'none', // the licences stand in a file of their own
    external: [...NATIVE_PACKAGES],
    plugins: [LATE_BUILTINS],
    metafile: true,
    logLevel: 'warning',
  });
  return packagesOf(Object.keys(metafile.inputs));
}

/**
 * An import of a module of Node would be run before the first line of the file, whoever wrote it: `--version` would load HTTP and TLS.
 * As a module of the CommonJS kind it is run where its importer is.
 */
const LATE_BUILTINS: Plugin = {
  name: 'late-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path }) => (isBuiltin(path) ? { path, namespace: 'builtin' } : undefined));
    onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** `node_modules/@a/b/c.js` is a file of the package `@a/b`. */
function packagesOf(files: readonly string[]): readonly string[] {
  const names = files.flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(names)].sort();
}
