/** The end of a run as text: what failed, what is unsteady, what was skipped, what it cost, and one line for machines. */
import type { Failure, FileResult } from './run-file.ts';
import type { RunResults } from './test-run.ts';

export interface Run extends RunResults {
  /** Verdict of `npm run check`, which counts as one test; undefined where it was not part of the run. */
  readonly check: boolean | undefined;
  /** Unsteady files and processes left behind are failures. */
  readonly strict: boolean;
}

const COSTLY_FILES = 10;
const FAILURE_LINES = 12;

/** @returns whether everything is well, and the closing text, whose last line is `N passed, N failed, N skipped` */
export function closing({ results, unsteady, notRun, check, strict }: Run): { readonly ok: boolean; readonly text: string } {
  const failures = results.flatMap(({ file, failures: own }) => own.map((failure) => ({ file, ...failure })));
  const skipped = results.flatMap(({ file, skipped: own }) => own.map(({ name, text }) => `${file}: ${name} (${text})`));
  const leaving = results.filter(({ left }) => left.length > 0);
  const unwelcome = strict ? unsteady.length + leaving.length : 0;
  const passed = sum(results.map((result) => result.passed)) + (check === true ? 1 : 0);
  const failed = failures.length + notRun.length + unwelcome + (check === false ? 1 : 0);
  const text = [
    paragraph('skipped:', skipped),
    results.length > COSTLY_FILES ? paragraph(costHead(results), costliest(results)) : '',
    paragraph(
      'left processes behind, which were ended:',
      leaving.flatMap(({ file, left }) => left.map((command) => `${file}: ${command}`)),
    ),
    paragraph(
      `unsteady, failed beside others and passed alone${strict ? '' : ' (`npm test -- --strict` fails on them)'}:`,
      unsteady.map((result) => `${result.file}: ${firstFailure(result.failures)}`),
    ),
    paragraph('not run, the run had ended before their turn:', notRun),
    check === false ? '\n`npm run check` failed: its findings stand at the top.\n' : '',
    paragraph(
      'failed:',
      failures.map(({ file, name, text: why }) => `${file}: "${name}": ${shortened(why)}`),
    ),
    `\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`,
  ].join('');
  return { ok: failed === 0, text };
}

function paragraph(head: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `\n${head}\n${lines.map((line) => `  ${line.replaceAll('\n', '\n    ')}\n`).join('')}`;
}

function firstFailure(failures: readonly Failure[]): string {
  const [first] = failures;
  return first === undefined ? 'no failure was told' : `"${first.name}": ${shortened(first.text)}`;
}

function shortened(text: string): string {
  const lines = text.split('\n');
  return lines.length <= FAILURE_LINES ? text : [...lines.slice(0, FAILURE_LINES), '...'].join('\n');
}

function costHead(results: readonly FileResult[]): string {
  return `${Math.round(sum(results.map(({ cpuSeconds }) => cpuSeconds)))} CPU seconds in all; the files that cost most (CPU seconds, seconds):`;
}

function costliest(results: readonly FileResult[]): string[] {
  const sorted = [...results].sort((a, b) => b.cpuSeconds - a.cpuSeconds).slice(0, COSTLY_FILES);
  return sorted.map(({ file, cpuSeconds, seconds }) => `${cpuSeconds.toFixed(1).padStart(6)} ${seconds.toFixed(1).padStart(6)}  ${file}`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
