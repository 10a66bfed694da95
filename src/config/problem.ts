/** What is wrong with a configuration. Problems are collected, not thrown. */
import type { ErrorCode } from '../errors.ts';

/** One thing `check` reports. `line` is 1-based; 0 where no line is to blame. */
export interface Problem {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  /** True for the warnings that `--strict` turns into errors. */
  readonly unsafe: boolean;
  readonly file: string;
  readonly line: number;
  readonly option: string;
  /** What is wrong and what to do, one sentence each. */
  readonly text: string;
  /** stunnel's own wording, without the mark: the whole error line of `overcoat-stunnel`, and the log line of a warning. */
  readonly stunnelText: string;
}
