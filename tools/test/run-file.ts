/**
 * One test file in a process group of its own. It ends in any case: at its limit it is killed with everything it started. Its output
 * goes to a file and not through a pipe, so that nothing it leaves behind can hold us.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileEvent } from './events.ts';
import { killAll, MARK, processesOf } from './processes.ts';

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skipped: readonly Failure[];
  /** Command lines of the processes that were still there some seconds after the file had ended. */
  readonly left: readonly string[];
  readonly seconds: number;
  /** CPU of the file and of what it waited for; 0 when it was killed. */
  readonly cpuSeconds: number;
  /** What it wrote, its end when that is long. */
  readonly output: string;
}

export interface Failure {
  readonly name: string;
  readonly text: string;
}

export interface RunFileOptions {
  /** Where the file's events and output are written. */
  readonly folder: string;
  readonly limitMs: number;
  /** Ends the file as its limit does. */
  readonly signal: AbortSignal;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program that was asked to end has left for it. */
const GRACE_MS = 3000;
const OUTPUT_LINES = 600;
/** What Node makes of the sources is kept: half of what it costs to start a small file. */
const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/overcoat-tests');
const EVENTS = join(import.meta.dirname, 'events.ts');

export async function runFile(file: string, { folder, limitMs, signal, env = {} }: RunFileOptions): Promise<FileResult> {
  const begun = performance.now();
  const mark = `${process.pid}-${begun}-${basename(file)}`;
  const events = join(folder, `${mark}.events`);
  const output = join(folder, `${mark}.output`);
  const descriptor = openSync(output, 'w');
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
  const ours = [`--test-reporter=${EVENTS}`, `--test-reporter-destination=${events}`];
  const child = spawn(process.execPath, [...reporters, ...ours, file], {
    detached: true, // a process group
    stdio: ['ignore', descriptor, descriptor],
    env: {
      ...process.env,
      ...env,
      [MARK]: mark,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      NODE_TEST_CONTEXT: undefined,
      // Node reads this file in a thread, with a descriptor that a program started meanwhile would inherit.
      NODE_EXTRA_CA_CERTS: undefined,
      // What npm asks may stand behind an authority that only this file names: npm would try again for minutes.
      npm_config_cafile: process.env.npm_config_cafile ?? process.env.NODE_EXTRA_CA_CERTS,
    },
  });
  closeSync(descriptor);
  const group = child.pid ?? 0;
  const end = await endOf(child, limitMs, signal);

  let open = processesOf(group, mark).filter(({ pid }) => pid !== process.pid);
  if (end !== 'limit' && end !== 'stopped') {
    for (const deadline = performance.now() + GRACE_MS; open.length > 0 && performance.now() < deadline; ) {
      await delay(100);
      open = processesOf(group, mark);
    }
  }
  killAll(group, mark);
  await ended(child);

  const commands = open.map(({ command }) => command);
  const told = eventsIn(events);
  const failures = told.filter((event) => event.kind === 'failed');
  const text = lastLines(read(output));
  return {
    file,
    passed: told.filter(({ kind }) => kind === 'passed').length,
    failures: [...failures, ...failureOfFile(end, failures.length, { limitMs, running: runningIn(told), commands, text })],
    skipped: told.filter((event) => event.kind === 'skipped'),
    left: end === 'limit' || end === 'stopped' ? [] : commands,
    seconds: (performance.now() - begun) / 1000,
    cpuSeconds: told.find((event) => event.kind === 'cpu')?.seconds ?? 0,
    output: text,
  };
}

type End = 'limit' | 'stopped' | number | NodeJS.Signals;

/** Waits for the exit of the process itself, whoever else holds its output, or for the limit or the signal. */
function endOf(child: ChildProcess, limitMs: number, signal: AbortSignal): Promise<End> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('limit'), limitMs);
    const stop = (): void => resolve('stopped');
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('exit', (code, by) => resolve(by ?? code ?? 1));
    child.once('exit', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** What is wrong with the file as a whole: over its limit, or ended with a failure that no test has told. */
function failureOfFile(
  end: End,
  failed: number,
  { limitMs, running, commands, text }: { limitMs: number; running: readonly string[]; commands: readonly string[]; text: string },
): Failure[] {
  if (end === 'limit' || end === 'stopped') {
    const tests = running.length === 0 ? 'no test was running' : `running: ${running.map((name) => `"${name}"`).join(', ')}`;
    const processes = commands.length === 0 ? '' : `\nopen:\n${commands.map((command) => `  ${command}`).join('\n')}`;
    const what = end === 'limit' ? `not done after ${Math.round(limitMs / 1000)} s` : 'stopped before its end';
    return [{ name: 'the file as a whole', text: `${what}, and ended with all it started; ${tests}${processes}` }];
  }
  if (end === 0 || failed > 0) return [];
  const how = typeof end === 'number' ? `exit code ${end}` : end;
  return [{ name: 'the file as a whole', text: `ended with ${how}\n${text.split('\n').slice(-20).join('\n')}` }];
}

/** The tests that have begun and not ended, each after the suites it stands in. */
function runningIn(events: readonly FileEvent[]): string[] {
  const open: string[] = [];
  for (const event of events) {
    if (event.kind === 'started') open.push(event.name);
    if (event.kind === 'ended' && open.includes(event.name)) open.splice(open.lastIndexOf(event.name), 1);
  }
  return open;
}

/** The last line may be cut short when the file was killed. */
function eventsIn(path: string): FileEvent[] {
  return read(path)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as FileEvent);
}

/** Node's own summary of the one file is left out: the run has one. */
function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => !/^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(line));
  return lines.slice(-OUTPUT_LINES).join('\n');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended before it wrote anything
  }
}
