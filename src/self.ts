/**
 * This program as a thing on disk: how it starts itself again, its version, its manifest, its modules and packages. Nothing else in
 * src/ looks at `import.meta`, `process.execPath`, `process.argv` or `process.execArgv`. It is there in two forms: in a checkout as
 * the modules of src/, and in a package as one file of JavaScript per entry, made by tools/package/bundle.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What can be started: the command line, and the processes that do one thing for it. */
export const ENTRIES = {
  main: './cli/main.ts',
  worker: './daemon/workers/worker.ts',
  'exec-helper': './exec/helper.ts',
  'terminal-starter': './programs/terminal-starter.ts',
  'test-peer': './gateway/doctor/test-peer.ts',
} as const;

export type Entry = keyof typeof ENTRIES;

/** Whether this is part of `lib/ENTRY.js` of a package: TypeScript is never below one. */
const BUNDLED = import.meta.url.endsWith('.js');

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

let manifest: Manifest | undefined;

/** The arguments this process was started with, after the program's own name; the same in `main` and in every other entry. */
export function ownArguments(): readonly string[] {
  return process.argv.slice(2);
}

/** The module an entry begins with. */
export function entryModule(entry: Entry): URL {
  return new URL(BUNDLED ? `./${entry}.js` : ENTRIES[entry], import.meta.url);
}

/**
 * The words of a command line that starts an entry in a process of its own, program first. The options of this process's runtime are
 * not passed on.
 */
export function entryCommand(
  entry: Exclude<Entry, 'main' | 'worker'>,
  ...args: readonly string[]
): readonly [program: string, ...args: string[]] {
  return [process.execPath, fileURLToPath(entryModule(entry)), ...args];
}

/** The words of a command line that starts a worker, with the options of the runtime that this process was given. */
export function workerCommand(): readonly [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, fileURLToPath(entryModule('worker'))];
}

/** The words of a command line that starts the whole program again, with the options of the runtime that this process was given. */
export function ownCommand(...args: readonly string[]): readonly [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, fileURLToPath(entryModule('main')), ...args];
}

/** `0.1.0`, for `--version` and the first line of a log. */
export function overcoatVersion(): string {
  return ownManifest().version;
}

/** `x86_64-linux`, as a log line names the machine. */
export function platformName(): string {
  const machine = process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'aarch64' : process.arch;
  return `${machine}-${process.platform}`;
}

/** Names of the packages this program declares. One that is not installed is one that nothing needs on this platform. */
export function ownPackages(): readonly string[] {
  return Object.keys(ownManifest().dependencies);
}

/** Where a package of ours is. @throws NodeJS.ErrnoException `ERR_MODULE_NOT_FOUND` */
export function packageUrl(name: string): string {
  return import.meta.resolve(name);
}

/** A package of ours, loaded in this very moment. @throws Error where it is not installed or cannot be loaded */
export function requirePackage(name: string): unknown {
  return createRequire(import.meta.url)(name);
}

/**
 * Every module below these folders of src/, the entries left out: they do their work when they are loaded. None in a bundle, whose
 * one file was read as a whole.
 */
export function modulesBelow(folders: readonly string[]): readonly URL[] {
  if (BUNDLED) return [];
  const entries = new Set(Object.values(ENTRIES).map((path) => new URL(path, import.meta.url).href));
  return folders.flatMap((folder) => {
    const base = new URL(`./${folder}/`, import.meta.url);
    const names = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    return names.map((name) => new URL(name, base)).filter(({ href }) => !entries.has(href));
  });
}

function ownManifest(): Manifest {
  manifest ??= JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest;
  return manifest;
}
