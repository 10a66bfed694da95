/**
 * This program as a thing on disk: how it starts itself again, its version, its manifest, its modules and packages. Nothing else in
 * src/ looks at `import.meta`, `process.execPath`, `process.argv` or `process.execArgv`. It is there in three forms: in a checkout as
 * the modules of src/, in a package as one program per entry, and as a single executable that holds everything; both of these are
 * made by tools/package/.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, getCompileCacheDir } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { embeddedManifest, loadEmbeddedBinding, SINGLE } from './embedded.ts';

/** What can be started: the command line, and the processes that do one thing for it. */
export const ENTRIES = {
  main: './cli/main.ts',
  version: './cli/version-main.ts',
  worker: './daemon/workers/worker.ts',
  'fenced-worker': './daemon/workers/fenced-worker.ts',
  'exec-helper': './exec/helper.ts',
  'terminal-starter': './programs/terminal-starter.ts',
  'test-peer': './gateway/doctor/test-peer.ts',
} as const;

export type Entry = keyof typeof ENTRIES;
type WorkerEntry = 'worker' | 'fenced-worker';

/** Whether this is part of a program in `lib/` of a package: TypeScript is never below one. */
const BUNDLED = !import.meta.url.endsWith('.ts');

/** The running file itself, also after another one has taken its place; to whoever reads it. */
const RUNNING_FILE = '/proc/self/exe';
/** The first argument where stunnel's command line follows; the launcher `overcoat-stunnel` puts it there. */
export const AS_STUNNEL = '--as-stunnel';
/** Called by one of these names, the single executable has stunnel's command line. */
const STUNNEL_NAMES: ReadonlySet<string> = new Set(['overcoat-stunnel', 'stunnel', 'stunnel4']);
/** In front of the arguments of the single executable: which entry it is to be. Without one somebody outside started it. */
const ENTRY_FLAG = '--overcoat-entry=';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

let manifest: Manifest | undefined;
let binding: unknown;

/** The arguments this process was started with, after the program's own name; the same in `main` and in every other entry. */
export function ownArguments(): readonly string[] {
  if (chosenEntry() !== undefined) return process.argv.slice(3);
  const words = process.argv.slice(2);
  return startedWithoutLauncher() && STUNNEL_NAMES.has(calledAs()) ? [AS_STUNNEL, ...words] : words;
}

/** Whether this is the single executable, and somebody outside started it: what the launchers of the other forms do is still to do. */
export function startedWithoutLauncher(): boolean {
  return SINGLE && chosenEntry() === undefined;
}

/** Which entry the single executable was started as, by us; undefined where it was started from outside, and in the other forms. */
export function chosenEntry(): Entry | undefined {
  const word = process.argv[2];
  if (!SINGLE || word?.startsWith(ENTRY_FLAG) !== true) return undefined;
  const entry = word.slice(ENTRY_FLAG.length);
  return Object.hasOwn(ENTRIES, entry) ? (entry as Entry) : undefined;
}

/** The last part of the name the single executable was called by, links not followed. The other forms have launchers that know it. */
export function calledAs(): string {
  return basename(process.argv0);
}

/** The module an entry begins with. The single executable has none. */
export function entryModule(entry: Entry): URL {
  return new URL(BUNDLED ? `./${entry}.cjs` : ENTRIES[entry], import.meta.url);
}

/**
 * The words of a command line that starts an entry in a process of its own, program first. The options of this process's runtime are
 * not passed on. All but the terminal starter may be started by another program (`unshare`, a shell).
 */
export function entryCommand(
  entry: Exclude<Entry, WorkerEntry>,
  ...args: readonly string[]
): readonly [program: string, ...args: string[]] {
  return [...started(entry, { options: [], spawnedByUs: entry === 'terminal-starter' }), ...args];
}

/** The words of a command line that starts a worker, with the options of the runtime that this process was given; for spawn and execve. */
export function workerCommand(entry: WorkerEntry = 'worker'): readonly [program: string, ...args: string[]] {
  return started(entry, { options: process.execArgv, spawnedByUs: true });
}

/** The words of a command line that starts the whole program again, with the same options of the runtime; for spawn. */
export function ownCommand(...args: readonly string[]): readonly [program: string, ...args: string[]] {
  return [...started('main', { options: process.execArgv, spawnedByUs: true }), ...args];
}

/**
 * For the environment of a process started by one of these commands: without it that would translate all modules again. Programs of
 * others must not get it (`callersEnvironment` of src/programs/ takes it out), and it is not in our own environment.
 */
export function compileCache(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

/** As `ownCommand`, of what has the name of this program by now: another version, after an upgrade. */
export function successorCommand(...args: readonly string[]): readonly [program: string, ...args: string[]] {
  return SINGLE ? [...started('main', { options: [], spawnedByUs: false }), ...args] : ownCommand(...args);
}

/** The single executable has the options of its runtime inside. */
function started(
  entry: Entry,
  { options, spawnedByUs }: { readonly options: readonly string[]; readonly spawnedByUs: boolean },
): readonly [program: string, ...args: string[]] {
  if (SINGLE) return [spawnedByUs ? RUNNING_FILE : process.execPath, `${ENTRY_FLAG}${entry}`];
  return [process.execPath, ...options, fileURLToPath(entryModule(entry))];
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

/** Names of the packages this program is installed with. One that is not there is one that nothing needs on this platform. */
export function ownPackages(): readonly string[] {
  return SINGLE ? [] : Object.keys(ownManifest().dependencies);
}

/** Files and folders that this program and its runtime are read from while it runs. */
export function ownPlaces(): readonly string[] {
  if (SINGLE) return [process.execPath];
  const root = dirname(dirname(fileURLToPath(import.meta.url))); // of src/, or of lib/ of a package
  const cache = getCompileCacheDir();
  const beside = packagesBeside(root);
  const linked = [join(root, 'node_modules'), ...beside].flatMap((folder) =>
    ownPackages().flatMap((name) => linkedPackage(join(folder, name))),
  );
  return [root, process.execPath, ...beside, ...linked, ...(cache === undefined ? [] : [dirname(cache)])];
}

/** npm puts what several packages need beside them. */
function packagesBeside(root: string): readonly string[] {
  return basename(dirname(root)) === 'node_modules' ? [dirname(root)] : [];
}

/** Where a package really is, with what it needs, if there is a link in its place, as pnpm and `npm link` make them. */
function linkedPackage(place: string): readonly string[] {
  if (!existsSync(place) || !lstatSync(place).isSymbolicLink()) return [];
  const root = realpathSync(place);
  return [root, ...packagesBeside(root)];
}

/** Folders with whatever this program starts of itself, also when another version has taken its place. */
export function ownPrograms(): readonly string[] {
  if (SINGLE) return [dirname(process.execPath)];
  return [dirname(process.execPath), dirname(dirname(dirname(fileURLToPath(import.meta.url))))];
}

/** A file of a checkout, by its path below src/. Packages have none. */
export function ownFile(path: string): URL {
  return new URL(path, import.meta.url);
}

/** Where a package of ours is. @throws NodeJS.ErrnoException `ERR_MODULE_NOT_FOUND` */
export function packageUrl(name: string): string {
  return import.meta.resolve(name);
}

/** A package of ours, loaded in this very moment. @throws Error where it is not installed or cannot be loaded */
export function requirePackage(name: string): unknown {
  if (name !== 'koffi') return createRequire(import.meta.url)(name);
  binding ??= SINGLE ? loadEmbeddedBinding() : loadInstalledBinding(name);
  return binding;
}

/**
 * The compiled part of koffi, which is all of it that is used here. Its own module looks for that part in many places: ten times the time
 * of loading it, in every process. It is asked where the part for this machine is not where npm puts it, or is for another C library.
 */
function loadInstalledBinding(name: string): unknown {
  const require = createRequire(import.meta.url);
  const machine = `linux-${process.arch}`;
  const module = { exports: {} };
  try {
    process.dlopen(module, require.resolve(`@koromix/${name}-${machine}/${machine.replace('-', '_')}/${name}.node`));
    return module.exports;
  } catch {
    return require(name);
  }
}

/**
 * Every module below these folders of src/, the entries left out: they do their work when they are loaded. None in a bundle, whose
 * one file was read as a whole.
 */
export function modulesBelow(folders: readonly string[]): readonly URL[] {
  if (BUNDLED || SINGLE) return [];
  const entries = new Set(Object.values(ENTRIES).map((path) => new URL(path, import.meta.url).href));
  return folders.flatMap((folder) => {
    const base = new URL(`./${folder}/`, import.meta.url);
    const names = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    return names.map((name) => new URL(name, base)).filter(({ href }) => !entries.has(href));
  });
}

function ownManifest(): Manifest {
  manifest ??= JSON.parse(SINGLE ? embeddedManifest() : readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest;
  return manifest;
}
