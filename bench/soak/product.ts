/** A process tree of the product under the soak: started by its launcher, its log read, its processes known by what they are for. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Place } from '../../test/support/program.ts';
import { treeOf } from '../process-tree.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'overcoat');
const START_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 60_000;
/** Of a log with a line for every connection: what is worse than a warning, and what became of processes and files. */
const KEPT = /LOG[0-3]\[(?!.*OCSP: No OCSP stapling)|INTERNAL ERROR|^\s+at |Renewed from|Reloaded in|replaced after|lines? lost/;
const SERVES = 'Configuration successful';

export type Role = 'supervisor' | 'worker' | 'spare' | 'service' | 'reader' | 'other';

export interface ProcessOf {
  readonly pid: number;
  readonly role: Role;
}

/** How the command line of a process ends that the supervisor has started (src/linux/process/process-name.ts). */
const ROLES: readonly (readonly [ending: RegExp, role: Role])[] = [
  [/ worker \d+$/, 'worker'],
  [/ worker \(spare\)$/, 'spare'],
  [/ service process$/, 'service'],
  [/ reader process$/, 'reader'],
];

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Product {
  readonly name: string;
  readonly pid: number;
  /** The lines of its log that say something went wrong, or was done beside connections. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    this.pid = child.pid ?? 0;
    running.add(child);
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        running.delete(child);
        resolve(signal ?? code ?? 0);
      });
    });
  }

  /** Starts `overcoat ARGS...` and waits until it serves. @throws Error with what it said instead */
  static async start(name: string, args: readonly string[], place: Place): Promise<Product> {
    const [command = '', ...rest] = place.enter([BIN, ...args]);
    const product = new Product(name, spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] }));
    const said: string[] = [];
    const serves = new Promise<boolean>((resolve) => {
      product.#onLine((line) => {
        if (KEPT.test(line)) product.lines.push(line);
        if (said.length < 50) said.push(line);
        if (line.includes(SERVES)) resolve(true);
      });
      void product.#ended.then(() => resolve(false));
      setTimeout(() => resolve(false), START_LIMIT_MS).unref();
    });
    if (!(await serves)) throw new Error(`${name} does not serve:\n${said.join('\n')}`);
    return product;
  }

  #onLine(take: (line: string) => void): void {
    createInterface({ input: this.#child.stderr ?? process.stdin }).on('line', take);
  }

  /** Whether what it writes to standard error is read. */
  readLog(yes: boolean): void {
    if (yes) this.#child.stderr?.resume();
    else this.#child.stderr?.pause();
  }

  /** Those that live now, eldest first. */
  processes(): readonly ProcessOf[] {
    return treeOf(this.pid).map((pid) => ({ pid, role: pid === this.pid ? 'supervisor' : roleOf(pid) }));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns the exit code of SIGTERM, or the signal it had to be ended by */
  stop(): Promise<number | string> {
    this.signal('SIGTERM');
    setTimeout(() => this.signal('SIGKILL'), STOP_LIMIT_MS).unref();
    return this.#ended;
  }
}

function roleOf(pid: number): Role {
  const line = contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trimEnd();
  return ROLES.find(([ending]) => ending.test(line))?.[1] ?? 'other';
}

/** @returns KB; undefined when it has ended */
export function residentKb(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(contentOf(`/proc/${pid}/status`))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes);
}

export function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it has ended since it was listed
  }
}
