/** What is known of the end of a worker: its exception, its signal, and what the runtime wrote on standard error. */
import type { Readable } from 'node:stream';

const MOST_BYTES = 16_384;
/** How the runtime ends its report of a full heap; it aborts then. */
const HEAP_FULL = 'out of memory';
/** Of an exception that nobody caught, as the runtime prints it. */
const ERROR_LINE = /^\w*Error\b/;

export class LastWords {
  /** What ended it, where it could still say so. */
  exception: { readonly text: string; readonly stack: string | undefined } | undefined;
  #written = '';

  constructor(errors: Readable | null) {
    errors?.setEncoding('utf8').on('data', (text: string) => {
      this.#written = (this.#written + text).slice(-MOST_BYTES);
    });
  }

  /** For the log. */
  reason(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.exception !== undefined) return `uncaught exception: ${this.exception.text}`;
    if (signal === 'SIGABRT' && this.#written.includes(HEAP_FULL)) return 'heap limit reached';
    if (signal !== null) return `signal ${signal}`;
    const error = this.#written.split('\n').find((line) => ERROR_LINE.test(line));
    return `exit code ${code}${error === undefined ? '' : ` (${error})`}`;
  }

  get details(): string | undefined {
    const text = this.exception?.stack ?? this.#written.trim();
    return text === '' ? undefined : text;
  }
}
