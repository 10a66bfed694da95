/** What is known of the end of a worker: its exception, its signal, and what the runtime wrote on standard error. */
import type { Readable } from 'node:stream';
import { MemoryKills } from '../../../linux/process/memory-kills.ts';
import { MAY_BE_FENCE } from '../../../text/system-error.ts';

const MOST_BYTES = 16_384;
/** How the runtime ends its report of a full heap; it aborts then. */
const HEAP_FULL = 'out of memory';
/** Of an exception that nobody caught, as the runtime prints it. */
const ERROR_LINE = /^\w*Error\b/;

let kills: MemoryKills | undefined;

export interface EndReason {
  /** For the log. */
  readonly why: string;
  readonly outOfMemory: boolean;
}

/** How the runtime and the C library say that the kernel has refused something. */
const REFUSALS = ['eperm', 'eacces', 'operation not permitted', 'permission denied'] as const;
/** The filter of system calls of somebody around us ends a process by the one, and libuv by the other where a call fails that never does. */
const OF_FILTERS: ReadonlySet<NodeJS.Signals | null> = new Set(['SIGSYS', 'SIGABRT']);

export class LastWords {
  readonly #fenced: boolean;
  /** What ended it, where it could still say so. */
  exception: { readonly text: string; readonly stack: string | undefined } | undefined;
  #written = '';

  /** @param fenced it has a fence, which may be what ended it: that is said then */
  constructor(errors: Readable | null, fenced: boolean) {
    this.#fenced = fenced;
    kills ??= new MemoryKills();
    errors?.setEncoding('utf8').on('data', (text: string) => {
      this.#written = (this.#written + text).slice(-MOST_BYTES);
    });
  }

  reason(code: number | null, signal: NodeJS.Signals | null): EndReason {
    const { why, outOfMemory } = this.#reason(code, signal);
    return { why: outOfMemory ? why : `${why}${this.#perhapsFence(why, signal)}`, outOfMemory };
  }

  #perhapsFence(why: string, signal: NodeJS.Signals | null): string {
    if (!this.#fenced || why.includes(MAY_BE_FENCE)) return '';
    const said = `${why}\n${this.#written}`.toLowerCase();
    return OF_FILTERS.has(signal) || REFUSALS.some((word) => said.includes(word)) ? MAY_BE_FENCE : '';
  }

  #reason(code: number | null, signal: NodeJS.Signals | null): EndReason {
    if (this.exception !== undefined) return { why: `uncaught exception: ${this.exception.text}`, outOfMemory: false };
    if (signal === 'SIGABRT' && this.#written.includes(HEAP_FULL)) return { why: 'heap limit reached', outOfMemory: true };
    if (signal === 'SIGKILL' && kills?.take() === true)
      return { why: `signal ${signal}, the kernel had no memory left for it`, outOfMemory: true };
    if (signal !== null) return { why: `signal ${signal}`, outOfMemory: false };
    const error = this.#written.split('\n').find((line) => ERROR_LINE.test(line));
    return { why: `exit code ${code}${error === undefined ? '' : ` (${error})`}`, outOfMemory: false };
  }

  get details(): string | undefined {
    const text = this.exception?.stack ?? this.#written.trim();
    return text === '' ? undefined : text;
  }
}
