/** A run of many test files: side by side, within a time, and those that failed once more, alone. */
import type { FileResult } from './run-file.ts';
import { runFile } from './run-file.ts';

export interface RunOptions {
  /** Where the files' events and output are written. */
  readonly folder: string;
  readonly sideBySide: number;
  readonly fileLimitMs: number;
  /** Of all files together, those that run again included. */
  readonly runLimitMs: number;
  /** Up to so many failed files run once more. With more something is broken rather than unsteady, and another look would only cost time. */
  readonly againAtMost: number;
  /** Ends the files that are running, and begins no other. */
  readonly signal: AbortSignal;
  /** Added to the environment of each file. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told each result as it comes. */
  readonly onResult: (result: FileResult) => void;
}

export interface RunResults {
  /** In the order of the files; a file that ran again counts as it was then. */
  readonly results: readonly FileResult[];
  /** First results of the files that failed beside others and passed alone. */
  readonly unsteady: readonly FileResult[];
  /** Files that never began. */
  readonly notRun: readonly string[];
}

export async function runFiles(files: readonly string[], options: RunOptions): Promise<RunResults> {
  const deadline = performance.now() + options.runLimitMs;
  const first = await runEach(files, options.sideBySide, deadline, options);
  const failed = first.filter(({ failures }) => failures.length > 0);
  const again = failed.length > options.againAtMost ? [] : failed.map(({ file }) => file);
  const second = await runEach(again, 1, deadline, options);
  const latest = new Map([...first, ...second].map((result) => [result.file, result]));
  return {
    results: files.flatMap((file) => latest.get(file) ?? []),
    unsteady: failed.filter(({ file }) => latest.get(file)?.failures.length === 0),
    notRun: files.filter((file) => !latest.has(file)),
  };
}

/** @returns the results as they came; none of files for which there was no time */
async function runEach(files: readonly string[], sideBySide: number, deadline: number, options: RunOptions): Promise<FileResult[]> {
  const { folder, fileLimitMs, signal, env = {}, onResult } = options;
  const waiting = [...files];
  const results: FileResult[] = [];
  const work = async (): Promise<void> => {
    for (;;) {
      const left = deadline - performance.now();
      const file = left > 0 && !signal.aborted ? waiting.shift() : undefined;
      if (file === undefined) return;
      const result = await runFile(file, { folder, limitMs: Math.min(fileLimitMs, left), signal, env });
      onResult(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
  return results;
}
