/**
 * Drives the load generator, the C program of this folder: `Backend` and `Clients` are a process each, so that they may stand on two
 * hosts, and so that what they cost themselves is seen.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Place } from '../../test/support/program.ts';
import { Program } from '../../test/support/program.ts';
import { cpuSeconds } from '../process-tree.ts';

const SOURCES = ['main.c', 'backend.c', 'client.c', 'cargo.c', 'ends.c'].map((name) => join(import.meta.dirname, name));
/** Longer than any request takes, also on a slow machine. */
const ANSWER_LIMIT_MS = 150_000;

export type Direction = 'up' | 'down';

/** @returns the path of the program, made in `folder`. Throws with the packages to install. */
export function buildLoadGenerator(folder: string): string {
  const program = join(folder, 'load');
  try {
    execFileSync('cc', ['-O2', '-o', program, ...SOURCES, '-lssl', '-lcrypto', '-lpthread'], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    const said = (cause as { stderr?: Buffer }).stderr?.toString() ?? '';
    throw new Error(`The load generator cannot be compiled; it needs the packages gcc, libc6-dev and libssl-dev\n${said}`, { cause });
  }
  return program;
}

/** Certificate and key are for the TLS backend. */
export interface BackendOptions {
  readonly program: string;
  readonly withTls: boolean;
  readonly certFile: string;
  readonly keyFile: string;
  /** Where it runs, and its IPv4 address there. */
  readonly place: Place;
  readonly host: string;
}

export class Backend {
  /** `HOST:PORT`. */
  readonly address: string;
  readonly #program: Program;

  private constructor(program: Program, address: string) {
    this.#program = program;
    this.address = address;
  }

  static async start({ program, withTls, certFile, keyFile, place, host }: BackendOptions): Promise<Backend> {
    const backend = new Program([program, 'backend', host, withTls ? 'tls' : 'plain', certFile, keyFile], { place });
    const [, port] = await backend.saw(/^(\d+)\n/);
    return new Backend(backend, `${host}:${port}`);
  }

  /** CPU seconds so far. */
  cpu(): number {
    return cpuSeconds(this.#program.pid);
  }

  stop(): void {
    this.#program.kill('SIGKILL');
  }
}

/** The authority is for TLS clients, which verify. */
export interface ClientsOptions {
  readonly program: string;
  readonly withTls: boolean;
  readonly caFile: string;
  readonly place: Place;
  /** Where they connect to, `HOST:PORT`. */
  readonly address: string;
}

/** The clients: one request at a time. What goes wrong there rejects with the reason. */
export class Clients {
  readonly #program: Program;
  readonly #address: string;
  #answers = 0;

  constructor({ program, withTls, caFile, place, address }: ClientsOptions) {
    this.#program = new Program([program, 'clients', withTls ? 'tls' : 'plain', caFile], { place, keepInput: true });
    this.#address = address.replace(':', ' ');
  }

  /**
   * Prepares the transfer of `bytes` in all over `connections`: they stand, and what is sent in TLS is encrypted.
   * @param checked both ends hash the data and compare; without it the data is not looked at
   * @returns what makes the transfer happen, and resolves with its seconds
   */
  async transfer(direction: Direction, connections: number, bytes: number, checked = false): Promise<() => Promise<number>> {
    await this.#ask(`transfer ${this.#address} ${direction} ${connections} ${bytes} ${checked ? 'checked' : 'dropped'}`);
    return async () => (await this.#ask('go'))[0] ?? Number.NaN;
  }

  /** `count` times connect, one byte there and back, close; `parallel` at a time. `resumed` is the share that resumed a session. */
  async connections(count: number, parallel: number, resume: boolean): Promise<{ readonly seconds: number; readonly resumed: number }> {
    const words = `connections ${this.#address} ${count} ${parallel} ${resume ? 'resumed' : 'full'}`;
    const [seconds = Number.NaN, resumed = 0] = await this.#ask(words);
    return { seconds, resumed };
  }

  /** `count` messages of `size` bytes, one after the other on one connection, each echoed. @returns p50 and p99 in microseconds */
  async echoes(count: number, size: number): Promise<readonly [p50: number, p99: number]> {
    const [p50 = Number.NaN, p99 = Number.NaN] = await this.#ask(`echoes ${this.#address} ${count} ${size}`);
    return [p50, p99];
  }

  /** Opens connections that have echoed one byte and then say nothing; they stay until the clients are stopped. */
  async idle(count: number): Promise<void> {
    await this.#ask(`idle ${this.#address} ${count}`);
  }

  /** Opens connections on which the sender never stops and nobody reads. */
  async stalled(count: number, direction: Direction): Promise<void> {
    await this.#ask(`stalled ${this.#address} ${count} ${direction}`);
  }

  /** `count` connections that each send a message of `bytes` upwards every `everyMs`, `turns` times. @returns seconds */
  async streams(count: number, bytes: number, everyMs: number, turns: number): Promise<number> {
    return (await this.#ask(`streams ${this.#address} ${count} ${bytes} ${everyMs * 1000} ${turns}`))[0] ?? Number.NaN;
  }

  /** CPU seconds so far. */
  cpu(): number {
    return cpuSeconds(this.#program.pid);
  }

  stop(): void {
    this.#program.kill('SIGKILL');
  }

  /** @returns the numbers of the answer */
  async #ask(request: string): Promise<number[]> {
    this.#answers += 1;
    this.#program.write(`${request}\n`);
    const answer = await this.#program.until((output) => output.split('\n').slice(0, -1)[this.#answers - 1], ANSWER_LIMIT_MS);
    const [verdict, ...rest] = (answer ?? 'failed no answer').split(' ');
    if (verdict === 'failed') throw new Error(`${request}: ${rest.join(' ')}`);
    return rest.map(Number);
  }
}
