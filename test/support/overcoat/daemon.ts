/**
 * The real daemon as a child process, started through its launcher with a configuration of the test's own. Tests wait for its log
 * lines, learn its ports from them, and end by proving that it holds nothing any more. When a test fails, the daemon's log is
 * printed with it.
 *
 *     const daemon = await startDaemon(t, { config: clientSection('plain', { connect: port }) });
 *     const socket = connect(await daemon.port('plain'), '127.0.0.1');
 *     await daemon.line('accepted connection');
 *     await daemon.stop();
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, PATIENCE_MS, within } from '../eventually.ts';
import type { Finished, Place } from '../program.ts';
import { Program, runProgram } from '../program.ts';
import type { Ending } from '../temp.ts';
import { tempFolder, writeFiles } from '../temp.ts';
import { BIN, openBin, ROOT } from './checkout.ts';
import { optionLines } from './config-text.ts';

export { ROOT };

const LINES_SHOWN_ON_FAILURE = 120;
/** `workers` of every configuration that is not bare and does not say itself; behaviour is the same whatever their number. */
const WORKERS = process.env['OVERCOAT_TEST_WORKERS'];
/** Longer than any drain or close timeout a test leaves at its default. */
const STOP_WITHIN_MS = 2 * PATIENCE_MS;

/** What stands before a configuration unless it is bare. */
export const DAEMON_HEAD = optionLines({ foreground: true, syslog: false, debug: 7, workers: WORKERS });

export interface DaemonOptions {
  /** Text of the configuration file. `foreground = yes`, `syslog = no` and `debug = 7` stand before it unless `bare`. */
  readonly config: string;
  /** Writes `config` word for word. */
  readonly bare?: boolean;
  /** `overcoat` runs `overcoat run FILE`, `overcoat-stunnel` runs `overcoat-stunnel FILE`. Default `overcoat`. */
  readonly launcher?: 'overcoat' | 'overcoat-stunnel';
  /** Arguments before the file, for example `['--strict']`. */
  readonly args?: readonly string[];
  /** Options of Node for the daemon, which is then started without its launcher. */
  readonly nodeOptions?: readonly string[];
  /** With `nodeOptions`: the sources and no bundle of them, for what looks at their modules. */
  readonly sources?: boolean;
  /** Added to the environment of the test; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Further files written beside the configuration. The configuration may name them with `@/name`. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** A host of a test network; default this machine. */
  readonly place?: Place;
  readonly cwd?: string;
}

/** What a test context offers beyond its end; a suite has no verdict. */
type Owner = Ending & { readonly passed?: boolean; diagnostic?(message: string): void };

/** Starts the daemon and waits until it reports that it serves. Rejects with its output when it ends instead. */
export async function startDaemon(t: Owner, options: DaemonOptions): Promise<Daemon> {
  const { argv, run, folder } = commandOf(t, options);
  return watch(t, new Program(argv, run), folder);
}

/** Starts `overcoat ARGS...` (client, server, gateway, demo) as a daemon under test; the same waiting and the same proofs. */
export async function startCommand(t: Owner, args: readonly string[], options: Omit<DaemonOptions, 'config'> = {}): Promise<Daemon> {
  const { run, folder } = commandOf(t, { ...options, config: '' });
  return watch(t, new Program([join(BIN, 'overcoat'), ...args], run), folder);
}

/** Runs the daemon to its end: for configurations it must refuse. */
export function runDaemon(t: Owner, options: DaemonOptions): Promise<Finished> {
  const { argv, run } = commandOf(t, options);
  return runProgram(argv, run);
}

/** Runs `overcoat ARGS...` to its end. */
export function runOvercoat(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  place?: Place,
): Promise<Finished> {
  return runProgram([join(place?.otherUser ? openBin() : BIN, 'overcoat'), ...args], {
    env: { ...process.env, ...env },
    ...(place === undefined ? {} : { place }),
  });
}

interface Command {
  readonly argv: string[];
  readonly run: { env: NodeJS.ProcessEnv; place?: Place; cwd?: string };
  readonly folder: string;
}

function commandOf(
  t: Owner,
  { config, bare = false, launcher = 'overcoat', args = [], nodeOptions, sources = false, env = {}, files = {}, place, cwd }: DaemonOptions,
): Command {
  const folder = tempFolder(t);
  const head = bare ? '' : DAEMON_HEAD;
  const text = (head + config).replaceAll('@/', `${folder}/`);
  const { 'overcoat.conf': file } = writeFiles(folder, { ...files, 'overcoat.conf': text });
  const verb = launcher === 'overcoat' ? ['run'] : [];
  return {
    argv: [
      ...(nodeOptions === undefined ? [join(place?.otherUser ? openBin() : BIN, launcher)] : withoutLauncher(nodeOptions, sources)),
      ...verb,
      ...args,
      file,
    ],
    run: { env: { ...process.env, ...env }, ...(place && { place }), ...(cwd !== undefined && { cwd }) },
    folder,
  };
}

/** What bin/overcoat runs, with further options. */
function withoutLauncher(nodeOptions: readonly string[], sources: boolean): string[] {
  const bundle = join(BIN, '../lib/main.cjs');
  const main =
    sources || !existsSync(bundle)
      ? [`--require=${join(ROOT, 'src/checkout-loader.ts')}`, ...nodeOptions, join(ROOT, 'src/cli/main.ts')]
      : [...nodeOptions, bundle];
  const usual = [
    '--disable-sigusr1',
    '--disable-warning=SecurityWarning',
    '--disable-warning=ExperimentalWarning',
    '--disable-proto=delete',
    '--max-semi-space-size=1',
  ];
  return [process.execPath, ...usual, ...main];
}

async function watch(t: Owner, program: Program, folder: string): Promise<Daemon> {
  t.after(() => {
    if (t.passed === false) t.diagnostic?.(`log of the daemon:\n${program.output.split('\n').slice(-LINES_SHOWN_ON_FAILURE).join('\n')}`);
    if (!program.ended) program.kill('SIGKILL');
  });
  const daemon = new Daemon(program, folder);
  await daemon.line('Configuration successful');
  daemon.takeBaseline();
  return daemon;
}

export class Daemon {
  readonly program: Program;
  /** The temporary folder with `overcoat.conf` and the extra files. */
  readonly folder: string;
  readonly configFile: string;
  #baseline: Held = { sockets: 0, children: [] };

  constructor(program: Program, folder: string) {
    this.program = program;
    this.folder = folder;
    this.configFile = join(folder, 'overcoat.conf');
  }

  get pid(): number {
    return this.program.pid;
  }

  /** The complete lines of the log so far (stderr and stdout). */
  get lines(): string[] {
    return this.program.output.split('\n').slice(0, -1);
  }

  /**
   * Waits for a line that contains the text or matches the pattern, and returns it.
   * @param from index into `lines` where to start; `daemon.lines.length` taken before an action finds only what it causes
   */
  async line(wanted: string | RegExp, { from = 0, within: ms = PATIENCE_MS }: { from?: number; within?: number } = {}): Promise<string> {
    const matches = (line: string): boolean => (typeof wanted === 'string' ? line.includes(wanted) : wanted.test(line));
    const found = await this.program.until(() => this.lines.slice(from).find(matches), ms);
    assert.ok(found !== undefined, `the log never said ${wanted}\n${this.lines.slice(from).join('\n')}`);
    return found;
  }

  /** `address:port` or the path of each listener of a service, in the order they were bound; waits for the first. */
  async addresses(service: string): Promise<string[]> {
    const start = `Service [${service}] bound to `;
    await this.line(start);
    return this.lines.filter((line) => line.includes(start)).map((line) => line.slice(line.indexOf(start) + start.length).trimEnd());
  }

  /** The port of a service's first listener: how a test learns what `accept = 127.0.0.1:0` became. Needs `debug = 7`. */
  async port(service: string): Promise<number> {
    const [address = ''] = await this.addresses(service);
    return Number(address.slice(address.lastIndexOf(':') + 1));
  }

  signal(name: NodeJS.Signals): void {
    this.program.kill(name);
  }

  /** Declares what it holds now to be its idle state, for example after a reload that added a listener. */
  takeBaseline(): void {
    this.#baseline = heldBy(this.pid);
  }

  /** Waits until it holds no more sockets and no other children than when it was idle. Linux only; elsewhere nothing is checked. */
  async holdsNothing(): Promise<void> {
    if (process.platform !== 'linux') return;
    await eventually('the daemon holds no connection and no child', () => {
      const { sockets, children } = heldBy(this.pid);
      assert.ok(sockets <= this.#baseline.sockets, `${sockets} sockets, ${this.#baseline.sockets} when idle`);
      // one that was a worker to be, and has its name now, is not there any more
      assert.deepEqual(
        children.filter((child) => !this.#baseline.children.includes(child)),
        [],
      );
      return true;
    });
  }

  /**
   * The last line of a behaviour test: nothing is held, the signal ends it with exit code 0, no child survives it, and it never
   * met a defect of its own.
   */
  async stop({
    signal = 'SIGTERM',
    code = 0,
    holding = false,
  }: {
    signal?: NodeJS.Signals;
    code?: number;
    holding?: boolean;
  } = {}): Promise<void> {
    if (!holding) await this.holdsNothing();
    const children = [...heldBy(this.pid).children, ...workersOf(this.pid)];
    this.signal(signal);
    const finished = await within(
      `the daemon ends after ${signal}\n${this.program.output.slice(-4000)}`,
      this.program.finished,
      STOP_WITHIN_MS,
    );
    assert.equal(finished.signal ?? finished.code, code, `exit code\n${this.program.output.slice(-4000)}`);
    await eventually('the children of the daemon are gone', () => children.every((pid) => !existsSync(`/proc/${pid}`)));
    this.assertNoDefect();
  }

  /** No exception that nobody expected, and nothing that the allocator found; `stop` asks this too. */
  assertNoDefect(): void {
    const defect = this.lines.find((line) => DEFECT.test(line));
    assert.equal(defect, undefined, `the log shows a defect\n${this.lines.join('\n')}`);
  }
}

/** What our own code, the runtime or the C library says when something is wrong in this program. */
const DEFECT =
  /INTERNAL ERROR|^\s+at .+:\d+:\d+\)?$|\bUnhandled|DeprecationWarning|^(?:free|malloc|realloc|munmap_chunk)\(\): |^corrupted |^malloc: /;

interface Held {
  readonly sockets: number;
  readonly children: readonly number[];
}

/** What ties a worker to its supervisor: standard error, the channel and the way of descriptors, a socket at each end. */
const SOCKETS_OF_A_WORKER = 6;
/** How the command line of a worker, or of the service process, reads before and after it has named itself. */
const WORKER =
  /\/daemon\/workers\/(?:fenced-)?worker\.ts|\/lib\/(?:fenced-)?worker\.js|--overcoat-entry=(?:fenced-)?worker| worker (?:\d+|\(spare\))$| service process$/;

/** Sockets and children of a process, its workers' included and they themselves not counted; nothing where there is no /proc. */
export function heldBy(pid: number): Held {
  if (process.platform !== 'linux') return { sockets: 0, children: [] };
  const all = childrenOf(pid);
  const workers = all.filter(isWorker);
  const targets = (each: number): string[] => listed(`/proc/${each}/fd`).map((fd) => targetOf(`/proc/${each}/fd/${fd}`));
  const errors = targetOf(`/proc/${pid}/fd/2`); // a socket where a test reads it; workers in the foreground have it for their programs
  const sockets = [...targets(pid), ...workers.flatMap(targets).filter((target) => target !== errors)];
  const count = sockets.filter((target) => target.startsWith('socket:')).length;
  const children = [...all.filter((child) => !isWorker(child)), ...workers.flatMap(childrenOf)];
  return { sockets: count - SOCKETS_OF_A_WORKER * workers.length, children };
}

/** The processes in which the workers of a daemon run, the spare and the service process included. */
export function workersOf(pid: number): number[] {
  return childrenOf(pid).filter(isWorker);
}

/** Every process that it has started and that has not ended. */
export function childrenOf(pid: number): number[] {
  const children = listed(`/proc/${pid}/task`).flatMap((task) => contentOf(`/proc/${pid}/task/${task}/children`).split(' '));
  return children.filter((child) => child !== '').map(Number);
}

function isWorker(pid: number): boolean {
  return WORKER.test(contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trimEnd());
}

function listed(folder: string): string[] {
  return orElse([], () => readdirSync(folder));
}

function targetOf(link: string): string {
  return orElse('', () => readlinkSync(link));
}

function contentOf(file: string): string {
  return orElse('', () => readFileSync(file, 'utf8'));
}

/** Descriptors and tasks come and go while they are listed. */
function orElse<T>(fallback: T, read: () => T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}
