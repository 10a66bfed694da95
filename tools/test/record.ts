/**
 * The committed record of the release tests, one line a file: when it ran last, on which commit, and what came of it. `.ci/run`,
 * which runs the usual tests only, prints it.
 */
import { spawnSync } from 'node:child_process';
import type { FileResult } from './run-file.ts';

/** What the record says of the commit where there is no git. */
const UNKNOWN = 'unknown';

/** `TIME COMMIT FILE: RESULT`; the time is UTC, to the minute. */
export function recordLine(when: Date, commit: string, { file, passed, failures, skipped }: FileResult): string {
  return `${when.toISOString().slice(0, 16)}Z ${commit} ${file}: ${passed} passed, ${failures.length} failed, ${skipped.length} skipped`;
}

/** @returns `record` with `lines` in the place of older ones of the same files, sorted by file */
export function updatedRecord(record: string, lines: readonly string[]): string {
  const all = [...record.split('\n').filter((line) => line !== ''), ...lines];
  const byFile = new Map(all.map((line) => [line.split(' ')[2] ?? '', line]));
  return [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => `${line}\n`)
    .join('');
}

/** The commit that is checked out, with `-dirty` when files differ from it. */
export function checkedOutCommit(): string {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty', '--exclude=*'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : UNKNOWN;
}
