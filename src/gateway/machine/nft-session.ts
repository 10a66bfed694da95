/**
 * An interactive `nft` that lives as long as we do: a table with `flags owner` belongs to the netlink socket that made it, so the
 * kernel drops it when this child ends, which it does as soon as its stdin closes, SIGKILL of this process included. Every line is
 * a transaction of its own. nft tells success by saying nothing, hence the marker: a wrong line whose complaint ends the answer. What it
 * lists comes as one line of JSON before, in the same pipe, since two would not keep the order.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OvercoatError } from '../../errors.ts';
import { needProgram } from '../../linux/files/find-program.ts';
import { firstLine } from './tools.ts';

const ANSWER_LIMIT_MS = 20_000;

/** How every answer with contents begins. */
const JSON_START = '{"nftables"';

interface Pending {
  readonly marker: string;
  /** @param json what was listed; '' for nothing */
  readonly resolve: (json: string) => void;
  readonly reject: (cause: Error) => void;
}

export class NftSession {
  /** Settles when the child has ended, for whatever reason; the owned tables are gone then. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  #said = '';
  #pending: Pending | undefined;
  #queue: Promise<void> = Promise.resolve();
  #lines = 0;
  #over = false;

  /**
   * Starts the child in a session of its own, so that ^C at our terminal does not reach it, and deaf to a service manager that asks
   * every process of the service to end: it ends with us. It must not write what we say into somebody's command history either.
   */
  constructor() {
    const env = { ...process.env, LC_ALL: 'C', HOME: '/dev/null' };
    const child = spawn('/bin/sh', ['-c', `trap '' TERM INT HUP; exec "$0" -j -i 2>&1`, needProgram('nft')], {
      detached: true,
      env,
      cwd: '/',
    });
    this.#child = child;
    child.stderr.resume();
    child.stdin.on('error', () => undefined);
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.ended = new Promise((resolve) => {
      const end = (cause: string): void => {
        this.#over = true;
        this.#pending?.reject(new OvercoatError('gateway_rules', `nft ended: ${cause}`));
        this.#pending = undefined;
        resolve();
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  /** The child has ended: every question fails from here on. */
  get over(): boolean {
    return this.#over;
  }

  /** Runs one command line to its end. @throws OvercoatError `gateway_rules` with what nft said; nothing has changed then */
  async run(line: string): Promise<void> {
    await this.read(line);
  }

  /** @returns the JSON that a `list` answers. @throws as `run` */
  read(line: string): Promise<string> {
    const answer = this.#queue.then(() => this.#ask(line));
    this.#queue = answer.then(
      () => undefined,
      () => undefined,
    );
    return answer;
  }

  /** Ends the child, and with it every table it owns. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  #ask(line: string): Promise<string> {
    if (this.#over) return Promise.reject(new OvercoatError('gateway_rules', 'nft has ended'));
    this.#lines += 1;
    const marker = `@overcoat-${this.#lines}`;
    this.#said = '';
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(new OvercoatError('gateway_rules', 'nft does not answer')), ANSWER_LIMIT_MS);
      this.#pending = {
        marker,
        resolve: (json) => {
          clearTimeout(timer);
          resolve(json);
        },
        reject: (cause) => {
          clearTimeout(timer);
          reject(cause);
        },
      };
      this.#child.stdin.write(`${line}\n${marker}\n`);
    });
  }

  #hear(text: string): void {
    const seen = this.#said.length;
    this.#said += text;
    const marker = `${this.#pending?.marker ?? ''}\n`;
    const at = this.#pending === undefined ? -1 : this.#said.indexOf(marker, Math.max(0, seen - marker.length));
    if (at < 0) return;
    const lines = this.#said.slice(0, this.#said.lastIndexOf('Error:', at)).split('\n');
    const complaint = lines.filter((line) => isWords(line) && !line.startsWith(JSON_START)).join('\n');
    const listed = lines.find((line) => line.startsWith(JSON_START)) ?? '';
    this.#settle(complaint === '' ? listed : new OvercoatError('gateway_rules', `nft: ${firstLine(complaint)}`));
  }

  #settle(outcome: OvercoatError | string): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (typeof outcome === 'string') pending?.resolve(outcome);
    else pending?.reject(outcome);
  }
}

/** False for the line of carets with which nft ends an earlier complaint. */
function isWords(line: string): boolean {
  return /[^\s^~]/.test(line);
}
