/**
 * The program without TypeScript: one file of JavaScript for each entry of src/self.ts, or one for all of them, for the single
 * executable. A file holds everything its entry ever loads, but what is loaded late in src/ is run late in the file as well, modules
 * of Node included. It is not shortened, so that the lines of a stack trace can be read.
 */
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { build } from 'esbuild';
import { ENTRIES } from '../../src/self.ts';
import { ROOT } from '../sources.ts';

/** Packages that are installed beside the program, or are inside the single executable, since a part of them is compiled for one platform. */
export const NATIVE_PACKAGES: readonly string[] = ['koffi'];

/** One file for each entry. @returns the names of the packages whose code is now in the files */
export function writeBundle(folder: string): Promise<readonly string[]> {
  return write({
    entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([entry, path]) => [entry, join('src', path)])),
    outdir: folder,
  });
}

/** One file that begins with the entry it is told. @returns the names of the packages whose code is now in it */
export function writeSingleBundle(file: string): Promise<readonly string[]> {
  const entries = Object.entries(ENTRIES).map(([entry, path]) => `'${entry}': () => import('${path}')`);
  return write({
    stdin: {
      contents: `import { chosenEntry } from './self.ts';\nawait { ${entries.join(', ')} }[chosenEntry() ?? 'main']();\n`,
      sourcefile: 'single.js',
      resolveDir: join(ROOT, 'src'),
    },
    outfile: file,
  });
}

async function write(options: BuildOptions): Promise<readonly string[]> {
  const { metafile } = await build({
    ...options,
    absWorkingDir: ROOT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: `node${process.versions.node}`,
    charset: 'utf8',
    plugins: [LATE_BUILTINS, LATE_NATIVES],
    legalComments: 'none', // the licences stand in a file of their own
    metafile: true,
    logLevel: 'warning',
  });
  return packagesOf(Object.keys(metafile?.inputs ?? {}));
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

/** The same for a native package: whoever imports it gets what src/self.ts loads for its name, and only then. */
const LATE_NATIVES: Plugin = {
  name: 'late-natives',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^/ }, ({ path }) => (NATIVE_PACKAGES.includes(path) ? { path, namespace: 'native' } : undefined));
    onLoad({ filter: /^/, namespace: 'native' }, ({ path }) => ({
      contents: `module.exports = require('./self.ts').requirePackage(${JSON.stringify(path)});`,
      resolveDir: join(ROOT, 'src'),
    }));
  },
};

/** `node_modules/@a/b/c.js` is a file of the package `@a/b`. */
function packagesOf(files: readonly string[]): readonly string[] {
  const names = files.flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(names)].sort();
}
