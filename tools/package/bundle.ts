/**
 * The program without TypeScript: one function as text for each entry of src/self.ts, which holds everything the entry ever loads. What
 * is loaded late in src/ is run late there as well, modules of Node included. Nothing is shortened, so that the lines of a stack trace
 * can be read. No modules: for a script alone the runtime takes what V8 made of it before (code-cache.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';
import { build } from 'esbuild';
import type { Entry } from '../../src/self.ts';
import { ENTRIES } from '../../src/self.ts';
import { ROOT } from '../sources.ts';
import { compiledWithFile, runAtStart } from './eager.ts';
import { pageInside } from './page-bundle.ts';
import { INSIDE, loaderName, programName } from './program-files.ts';
import { programFor } from './run-program.ts';

/**
 * Packages with a file of their own beside the entries: larger than all of the program, wanted by few, and loaded before anybody is
 * served. As part of an entry they would be read by each of its processes.
 */
export const PACKAGES_APART: readonly string[] = ['acme-client'];

/** Packages that are installed beside the program, or are inside the single executable, since a part of them is compiled for one platform. */
export const NATIVE_PACKAGES: readonly string[] = ['koffi'];

/** A program for each entry, and for each package that is apart. @returns the names of the packages whose code is now in them */
export async function writePrograms(folder: string): Promise<readonly string[]> {
  const asPrograms = { ...AS_PROGRAM, outdir: folder, outExtension: { '.js': programName('') } };
  const entries = Object.fromEntries(Object.entries(ENTRIES).map(([entry, path]) => [entry, join('src', path)]));
  const inEntries = await write({ ...asPrograms, entryPoints: entries, plugins: [BESIDE] });
  for (const entry of Object.keys(ENTRIES) as Entry[]) {
    const file = join(folder, programName(entry));
    writeFileSync(file, compiledWithFile(readFileSync(file, 'latin1'), runAtStart(entry, inEntries.inputs)), 'latin1');
  }
  const apart = await write({ ...asPrograms, entryPoints: Object.fromEntries(PACKAGES_APART.map((name) => [name, name])) });
  return [...new Set([...inEntries.packages, ...apart.packages])].sort();
}

/** What the runtime is started with, for each entry that anybody starts: `--version` begins as `main`, whose loader takes another program. */
export async function writeNpmLoaders(folder: string): Promise<void> {
  for (const entry of Object.keys(ENTRIES).filter((each) => each !== programFor('main', '--version'))) {
    const define = { ENTRY: JSON.stringify(entry) };
    await write({ entryPoints: ['tools/package/npm-loader.ts'], outfile: join(folder, loaderName(entry)), define });
  }
}

export async function writeSingleLoader(file: string): Promise<void> {
  const define = { 'import.meta.url': JSON.stringify(INSIDE), 'import.meta.resolve': 'undefined' };
  await write({ entryPoints: ['tools/package/single-loader.ts'], outfile: file, define });
}

/** One expression: of a script it is the value; CommonJS exports it. */
const AS_PROGRAM: BuildOptions = {
  banner: {
    js: "(typeof module === 'object' ? (program) => (module.exports = program) : (program) => program)((function (module, exports, here) { 'use strict';",
  },
  footer: { js: '}))' },
  define: { 'import.meta.url': 'here.url', 'import.meta.resolve': 'here.resolve' },
};

interface Written {
  /** By path, from the top of the checkout. */
  readonly inputs: Metafile['inputs'];
  /** Names of those whose code is now in the files. */
  readonly packages: readonly string[];
}

async function write({ plugins = [], ...options }: BuildOptions): Promise<Written> {
  const ofPage: string[] = [];
  const {
    metafile: { inputs },
  } = await build({
    ...options,
    plugins: [LATE_BUILTINS, pageInside((inputs) => ofPage.push(...inputs)), ...plugins],
    absWorkingDir: ROOT,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: `node${process.versions.node}`,
    charset: 'ascii', // one byte a character: what is read as UTF-8 takes a start twice the time and memory for its text
    legalComments: 'none', // the licences stand in a file of their own
    metafile: true,
    logLevel: 'warning',
  });
  return { inputs, packages: packagesOf([...Object.keys(inputs), ...ofPage]) };
}

/**
 * An import of a module of Node would be run before the first line of the file, whoever wrote it: `--version` would load HTTP and TLS.
 * As a module of our own it is run where its importer is. It reads the names that somebody imports and no others: some load more modules.
 */
const LATE_BUILTINS: Plugin = {
  name: 'late-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path }) => (isBuiltin(path) ? { path, namespace: 'builtin' } : undefined));
    onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => name !== 'default');
      const lines = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => builtin.${name})();`);
      return {
        contents: `const builtin = process.getBuiltinModule(${JSON.stringify(path)});\nexport default builtin;\n${lines.join('\n')}`,
      };
    });
  },
};

const BESIDE: Plugin = {
  name: 'beside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(?:${PACKAGES_APART.join('|')})$`) }, ({ path }) => ({ path, namespace: 'beside' }));
    onLoad({ filter: /^/, namespace: 'beside' }, ({ path }) => ({ contents: `module.exports = here.beside(${JSON.stringify(path)});` }));
  },
};

/** `node_modules/@a/b/c.js` is a file of the package `@a/b`. */
function packagesOf(files: readonly string[]): readonly string[] {
  const names = files.flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(names)].sort();
}
