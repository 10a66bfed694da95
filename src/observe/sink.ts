import type { WrittenLine } from './stamped-lines.ts';

/** Where lines of the log, or records, go. Writing never waits and never throws: what is not taken is counted. */
export interface Sink {
  /** For the line that says how much was lost: `the file F`. */
  readonly name: string;
  write(lines: readonly WrittenLine[]): void;
  takeLost(): { readonly count: number; readonly why: string } | undefined;
  /** Opens again what has a path. @throws OvercoatError `start_process`; the sink then goes on with what it had. */
  reopen(): void;
  close(): void;
}
