/**
 * An interactive `nft` that lives as long as we do: a table with `flags owner` belongs to the netlink socket that made it, so the
 * kernel drops it when this child ends, which it does as soon as its stdin closes, SIGKILL of this process included. Every line is
 * a transaction of its own. nft tells success by saying nothing, hence the marker: a wrong line whose complaint ends the answer.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OvercoatError } from '../errors.ts';
import { needProgram } from '../linux/find-program.ts';
import { firstLine } from './tools.ts';

const ANSWER_LIMIT_MS = 20_000;

interface Pending {
  readonly marker: string;
  readonly resolve: () => void;
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

  /**
   * Starts the child in a session of its own, so that ^C at our terminal does not reach it, and deaf to a service manager that asks
   * every process of the service to end: it ends with us. It must not write what we say into somebody's command history either.
   */
  constructor() {
    const env = { ...process.env, LC_ALL: 'C', HOME: '/dev/null' };
    const child = spawn('/bin/sh', ['-c', `trap '' TERM INT HUP; exec "$0" -i`, needProgram('nft')], { detached: true, env, cwd: '/' });
    this.#child = child;
    child.stdout.resume();
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.ended = new Promise((resolve) => {
      const end = (cause: string): void => {
        this.#pending?.reject(new OvercoatError('gateway_rules', `nft ended: ${cause}`));
        this.#pending = undefined;
        resolve();
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  /** Runs one command line to its end. @throws OvercoatError `gateway_rules` with what nft said; nothing has changed then */
  run(line: string): Promise<void> {
    const answer = this.#queue.then(() => this.#ask(line));
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the child, and with it every table it owns. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  #ask(line: string): Promise<void> {
    this.#lines += 1;
    const marker = `@overcoat-${this.#lines}`;
    this.#said = '';
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(new OvercoatError('gateway_rules', 'nft does not answer')), ANSWER_LIMIT_MS);
      this.#pending = {
        marker,
        resolve: () => {
          clearTimeout(timer);
          resolve();
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
    this.#said += text;
    const at = this.#pending === undefined ? -1 : this.#said.indexOf(`${this.#pending.marker}\n`);
    if (at < 0) return;
    const complaint = this.#said.slice(0, this.#said.lastIndexOf('Error:', at)).split('\n').filter(isWords).join('\n');
    this.#settle(complaint === '' ? undefined : new OvercoatError('gateway_rules', `nft: ${firstLine(complaint)}`));
  }

  #settle(cause: OvercoatError | undefined): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (cause === undefined) pending?.resolve();
    else pending?.reject(cause);
  }
}

/** False for the line of carets with which nft ends an earlier complaint. */
function isWords(line: string): boolean {
  return /[^\s^~]/.test(line);
}
