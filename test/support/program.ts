/**
 * Real programs in tests: run to the end, or kept running until a line shows that they are ready. A program runs at a `Place`:
 * this machine, or one host of a test network (netns.ts). Whatever a test forgets is killed when the test process exits.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { PATIENCE_MS } from './eventually.ts';

/** How to start a program somewhere: `enter` turns its argv into the one that runs it there. */
export interface Place {
  readonly name: string;
  enter(argv: readonly string[]): string[];
  /** Programs run there as a user who may not enter every folder that we may. */
  readonly otherUser?: boolean;
}

/** The machine the tests run on, in its own network namespace. */
export const thisMachine: Place = { name: 'this machine', enter: (argv) => [...argv] };

export interface ProgramOptions {
  readonly place?: Place;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Written to stdin, which is then closed; without it stdin is empty. */
  readonly input?: string | Uint8Array;
  /** Keeps stdin open for `write` and `endInput` instead. */
  readonly keepInput?: boolean;
  /** After this the program is killed and the call rejects. Default twice `PATIENCE_MS`. */
  readonly timeoutMs?: number;
}

export interface Finished {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a program to its end. Rejects only when it cannot start or takes too long: a failing exit code is a result. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
  const program = new Program(argv, options);
  const timeoutMs = options.timeoutMs ?? 2 * PATIENCE_MS;
  const timer = setTimeout(() => program.kill('SIGKILL'), timeoutMs);
  const finished = await program.finished;
  clearTimeout(timer);
  if (finished.signal === 'SIGKILL') throw new Error(`${argv.join(' ')}: killed after ${timeoutMs} ms\n${program.output}`);
  return finished;
}

/** Like `runProgram`, but a failing exit code rejects with what the program wrote. Returns its stdout. */
export async function outputOf(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(argv, options);
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** One running program. `finished` never rejects except when the program could not be started at all. */
export class Program {
  readonly finished: Promise<Finished>;
  readonly #argv: readonly string[];
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #output = '';
  #ended = false;

  constructor(argv: readonly string[], options: ProgramOptions = {}) {
    this.#argv = argv;
    const [command, ...rest] = (options.place ?? thisMachine).enter(argv);
    if (command === undefined) throw new Error('no program named');
    const child = spawn(command, rest, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.stdin.on('error', () => undefined); // a program may end before it has read its input
    if (options.keepInput) child.stdin.write(options.input ?? '');
    else child.stdin.end(options.input ?? '');
    child.stdout.setEncoding('latin1').on('data', (text: string) => this.#take(text, 'stdout'));
    child.stderr.setEncoding('latin1').on('data', (text: string) => this.#take(text, 'stderr'));
    this.finished = new Promise((resolve, reject) => {
      child.on('error', (cause) => {
        this.#end();
        reject(new Error(`${argv.join(' ')}: ${cause.message}`));
      });
      child.on('close', (code, signal) => {
        this.#end();
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    this.finished.catch(() => undefined);
  }

  /** Process id; of the program itself also inside a test network, since `ip netns exec` replaces itself. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#argv.join(' ')} did not start`);
    return this.#child.pid;
  }

  /** Everything written so far to stdout and stderr, in the order it came, one character a byte. */
  get output(): string {
    return this.#output;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Waits until the output matches; rejects with the output when the program ends or the time is over before. */
  async saw(pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<RegExpMatchArray> {
    const found = await this.until((output) => output.match(pattern) ?? undefined, timeoutMs);
    if (found === undefined) throw new Error(`${this.#argv.join(' ')}: ${pattern} not seen\n${this.#output}`);
    return found;
  }

  /** Waits until `look` returns something; undefined when the program ended or the time is over. */
  async until<T>(look: (output: string) => T | undefined, timeoutMs = PATIENCE_MS): Promise<T | undefined> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = look(this.#output);
      if (found !== undefined || this.#ended || Date.now() >= deadline) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      const timer = setTimeout(resolve, deadline - Date.now());
      await promise;
      clearTimeout(timer);
      this.#waiting.delete(resolve);
    }
  }

  /** Writes to a stdin kept open. */
  write(text: string | Uint8Array): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks the program to end, kills it when it has not after a while, and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), PATIENCE_MS);
    const finished = await this.finished;
    clearTimeout(timer);
    return finished;
  }

  #take(text: string, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stdout') this.#stdout += text;
    else this.#stderr += text;
    this.#output += text;
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    running.delete(this.#child);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}
