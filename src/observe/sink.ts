import type { WrittenLine } from './stamped-lines.ts';

/** Lines that were not taken, and why the last one was not. */
export interface Lost {
  readonly count: number;
  readonly why: string;
}

/** Where lines of the log, or records, go. Writing never waits and never throws: what is not taken is counted. */
export interface Sink {
  /** For the line that says how much was lost: `the file F`. */
  readonly name: string;
  write(lines: readonly WrittenLine[]): void;
  /** Since the last call, also before it was opened again. */
  takeLost(): Lost | undefined;
  /** Opens again what has a path. @throws OvercoatError `start_process`; the sink then goes on with what it had. */
  reopen(): void;
  close(): void;
}
