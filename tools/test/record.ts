/**
 * The committed record of the release tests, one line a file: when it ran last, on which commit, and what came of it. `.ci/run`,
 * which runs the usual tests only, prints it.
 */
import { spawnSync } from 'node:child_process';
import type { FileResult } from './run-file.ts';

export const RECORD = 'test/release/record.txt';
/** What the record says of the commit where there is no git. */
const UNKNOWN = 'unknown';

/** `TIME COMMIT FILE: RESULT, SECONDS`; the time is UTC, to the minute. */
export function recordLine(when: Date, commit: string, { file, passed, failures, skipped, seconds }: FileResult): string {
  const counts = `${passed} passed, ${failures.length} failed, ${skipped.length} skipped`;
  return `${when.toISOString().slice(0, 16)}Z ${commit} ${file}: ${counts}, ${Math.round(seconds)} s`;
}

/** @returns `record` with `line` in the place of an older one of the same file, sorted by file */
export function updatedRecord(record: string, line: string): string {
  const all = [...record.split('\n').filter((each) => each !== ''), line];
  const byFile = new Map(all.map((line) => [line.split(' ')[2] ?? '', line]));
  return [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => `${line}\n`)
    .join('');
}

/** The commit that is checked out, with `-dirty` when files but the record itself differ from it. */
export function checkedOutCommit(): string {
  const git = (...words: readonly string[]) => spawnSync('git', words, { encoding: 'utf8' });
  const { status, stdout } = git('rev-parse', '--short', 'HEAD');
  if (status !== 0) return UNKNOWN;
  const clean = git('diff', '--quiet', 'HEAD', '--', `:(exclude)${RECORD}`).status === 0;
  return `${stdout.trim()}${clean ? '' : '-dirty'}`;
}
