/**
 * The clients of the soak, a process of its own so that they can stand on another host: `node load.ts JSON` (a `LoadSpec`). Every visit
 * checks by SHA-256 that what arrived is what was sent. It writes a line of JSON for each failure and one a second with what was done;
 * `stop` on standard input lets what is under way finish, and ends it.
 */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { Random } from '../../test/support/fuzz.ts';
import type { Chain } from './faults.ts';
import type { Dialogue, Kind, Pace } from './wire.ts';
import { Corrupt, DIGEST_BYTES, opening, readLine, receive, send } from './wire.ts';

export interface LoadSpec {
  /** What the failures are reported for. */
  readonly chain: Chain;
  readonly host: string;
  readonly port: number;
  readonly dialogue: Dialogue;
  readonly seed: number;
  /** Short connections begun a second, or `flat out`: as many as `atOnce` clients can make, one after the other. */
  readonly shortPerSecond: number | 'flat out';
  readonly atOnce: number;
  /** Live streams of 6 Mbit/s, held at this number: one that ends is followed by the next. */
  readonly streams: number;
  /** Clients that send as fast as they can, one transfer after the other. */
  readonly bulk: number;
}

export interface Failure {
  readonly chain: Chain;
  readonly kind: Kind;
  /** Milliseconds since 1970: when it was begun, when it failed. */
  readonly since: number;
  readonly at: number;
  /** ECONNRESET, `corrupt: ...`, ... */
  readonly why: string;
}

/** What was done in one second. */
export interface Second {
  readonly at: number;
  readonly done: number;
  readonly bytes: number;
  /** Of the short visits that ended in it. */
  readonly longestMs: number;
  /** Visits that were due and not begun, since too many were under way. */
  readonly leftOut: number;
}

export const STREAM_BITS = 6_000_000;
/** A message every 33 ms, as an encoder sends one for each picture. */
const STREAM_EVERY_MS = 33;
const STREAM_CHUNK = Math.round((STREAM_BITS / 8) * (STREAM_EVERY_MS / 1000));
const STREAM_SECONDS = { least: 10, most: 40 };
const SHORT_BYTES = 20_000;
const TRANSFER_BYTES = 4 * 2 ** 20;
/** A short connection of so many is a download of `DOWN_BYTES`. */
const DOWN_ONE_IN = 40;
const DOWN_BYTES = 2 ** 19;
/** Nothing that works is silent for so long. */
const PATIENCE_MS = 60_000;
const TICK_MS = 50;

interface Visit {
  readonly kind: Kind;
  readonly bytes: number;
  readonly seed: number;
  readonly pace?: Pace;
}

class Load {
  readonly #spec: LoadSpec;
  readonly #random: Random;
  #stopped = false;
  #open = 0;
  #done = 0;
  #bytes = 0;
  #longestMs = 0;
  #leftOut = 0;
  #due = 0;

  constructor(spec: LoadSpec) {
    this.#spec = spec;
    this.#random = new Random(spec.seed);
  }

  /** Resolves when it was stopped and everything is finished. */
  async run(): Promise<void> {
    const { shortPerSecond, atOnce, streams, bulk } = this.#spec;
    const seconds = setInterval(() => this.#report(), 1000);
    const ticks = setInterval(() => this.#tick(), TICK_MS);
    const lanes = [
      ...Array.from({ length: streams }, () => this.#lane(() => this.#stream())),
      ...Array.from({ length: bulk }, () => this.#lane(() => ({ kind: 'up', bytes: TRANSFER_BYTES, seed: 1 }))),
      ...Array.from({ length: shortPerSecond === 'flat out' ? atOnce : 0 }, () => this.#lane(() => this.#short())),
    ];
    await Promise.all(lanes);
    clearInterval(ticks);
    while (!this.#stopped || this.#open > 0) await once(this.#ended, 'change');
    clearInterval(seconds);
    this.#report();
  }

  stop(): void {
    this.#stopped = true;
    this.#ended.dispatchEvent(new Event('change'));
  }

  readonly #ended = new EventTarget();

  #tick(): void {
    const { shortPerSecond, atOnce, streams } = this.#spec;
    if (this.#stopped || shortPerSecond === 'flat out') return;
    this.#due += (shortPerSecond * TICK_MS) / 1000;
    for (; this.#due >= 1; this.#due -= 1) {
      if (this.#open < atOnce + streams) void this.#visit(this.#short());
      else this.#leftOut += 1;
    }
  }

  async #lane(next: () => Visit): Promise<void> {
    while (!this.#stopped) await this.#visit(next());
  }

  #short(): Visit {
    if (this.#random.below(DOWN_ONE_IN) === 0) return { kind: 'down', bytes: 1 + this.#random.below(DOWN_BYTES), seed: 1 };
    return { kind: 'echo', bytes: 1 + this.#random.below(SHORT_BYTES), seed: 1 + this.#random.below(8) };
  }

  #stream(): Visit {
    const seconds = STREAM_SECONDS.least + this.#random.below(STREAM_SECONDS.most - STREAM_SECONDS.least);
    const pace = { chunkBytes: STREAM_CHUNK, everyMs: STREAM_EVERY_MS, stopped: () => this.#stopped };
    return { kind: 'up', bytes: Math.round((STREAM_BITS / 8) * seconds), seed: 1 + this.#random.below(8), pace };
  }

  async #visit(visit: Visit): Promise<void> {
    const since = Date.now();
    const { host, port, dialogue, chain } = this.#spec;
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    socket.on('error', () => undefined);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`nothing for ${PATIENCE_MS / 1000} s`)));
    this.#open += 1;
    try {
      await once(socket, 'connect');
      if (dialogue === 'mail') await greet(socket);
      await exchange(socket, visit);
      this.#done += 1;
      if (visit.kind === 'echo') this.#longestMs = Math.max(this.#longestMs, Date.now() - since);
    } catch (cause) {
      const failure: Failure = { chain, kind: visit.kind, since, at: Date.now(), why: reasonOf(cause, socket) };
      say({ failure });
      // A refused lane would spin.
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    } finally {
      this.#bytes += socket.bytesRead + socket.bytesWritten;
      socket.destroy();
      this.#open -= 1;
      this.#ended.dispatchEvent(new Event('change'));
    }
  }

  #report(): void {
    say({ second: { at: Date.now(), done: this.#done, bytes: this.#bytes, longestMs: this.#longestMs, leftOut: this.#leftOut } });
    this.#done = 0;
    this.#bytes = 0;
    this.#longestMs = 0;
    this.#leftOut = 0;
  }
}

function say(line: { readonly failure: Failure } | { readonly second: Second }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The whole dialogue is relayed: what of it is ours, and what the upstream's, the client does not see. */
async function greet(socket: Socket): Promise<void> {
  expect(await readLine(socket), '220 ');
  socket.write('EHLO soak.test\r\n');
  expect(await readLine(socket), '250 ');
  socket.write('DATA\r\n');
  expect(await readLine(socket), '354 ');
}

function expect(line: string, start: string): void {
  if (!line.startsWith(start)) throw new Corrupt(`${JSON.stringify(line)} in place of ${start}`);
}

async function exchange(socket: Socket, visit: Visit): Promise<void> {
  socket.write(opening(visit.kind, visit.kind === 'down' ? visit.bytes : 0));
  const receiving = receive(socket, visit.kind === 'echo' ? 0 : DIGEST_BYTES);
  receiving.catch(() => undefined); // it is awaited below
  const sent = visit.kind === 'down' ? undefined : await send(socket, visit);
  socket.end();
  const { digest, trailer, bytes } = await receiving;
  if (visit.kind !== 'echo' && trailer.length < DIGEST_BYTES) throw new Error(`ended after ${bytes + trailer.length} bytes`);
  if (visit.kind === 'down' && bytes < visit.bytes) throw new Error(`ended after ${bytes} of ${visit.bytes} bytes`);
  if (visit.kind === 'echo' && bytes < visit.bytes) throw new Error(`ended after ${bytes} of ${visit.bytes} bytes`);
  const [one, other] = [visit.kind === 'up' ? trailer : digest, visit.kind === 'down' ? trailer : sent?.digest()];
  if (other === undefined || !one.equals(other)) throw new Corrupt(`${bytes} bytes`);
}

function reasonOf(cause: unknown, { errored }: Socket): string {
  if (cause instanceof Corrupt) return `corrupt: ${cause.message}`;
  const error = (errored ?? cause) as NodeJS.ErrnoException;
  return error.code ?? error.message;
}

if (import.meta.main) {
  const load = new Load(JSON.parse(process.argv[2] ?? '{}') as LoadSpec);
  process.stdin.once('data', () => load.stop());
  await load.run();
  process.exitCode = 0;
  process.stdin.destroy();
}
