/**
 * Runs the tests, one process group a file, and always ends: `npm test`, `npm run test:release` with `--release`, `npm run test:memory`
 * with `--memory`. Started by tools/test.sh, which has set everything up. Exit code 0 when all is well.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { closing } from './closing.ts';
import { installBundle, installDist } from './dist.ts';
import { CHECKING_ALLOCATOR, hasCheckingAllocator } from './memory.ts';
import { checkedOutCommit, RECORD, recordLine, updatedRecord } from './record.ts';
import type { FileResult } from './run-file.ts';
import { selectFiles } from './select.ts';
import { runFiles } from './test-run.ts';

const MINUTE_MS = 60_000;
/** Of each file; a release has tests that take longer, and a checking allocator makes everything slower. */
const FILE_LIMIT_MS = {
  usual: 10 * MINUTE_MS,
  quick: 10 * MINUTE_MS,
  dist: 10 * MINUTE_MS,
  memory: 20 * MINUTE_MS,
  release: 30 * MINUTE_MS,
};
/** Of the whole run. */
const RUN_LIMIT_MS = 45 * MINUTE_MS;
const RUN_AGAIN_AT_MOST = 10;
/** Most files wait a third of their time, for a limit or a process: two more than there are processors keep those busy. */
const SIDE_BY_SIDE = availableParallelism() + 2;

process.exitCode = await main();

async function main(): Promise<number> {
  const read = readWords();
  if (typeof read === 'string') {
    console.error(`${read}\nsee npm test -- --help`);
    return 2;
  }
  const { values, positionals: words } = read;
  const { quick = false, strict = false, memory = false, release = false, dist } = values;
  const kind = release ? 'release' : memory ? 'memory' : quick ? 'quick' : dist === undefined ? 'usual' : 'dist';
  if (memory && !hasCheckingAllocator()) {
    console.error(`${CHECKING_ALLOCATOR.LD_PRELOAD} is not here: the checking allocator is part of glibc 2.34 and later (Debian: libc6)`);
    return 1;
  }
  const files = selectFiles(globSync('test/**/*.test.ts'), kind, words);
  if (files.length === 0) {
    console.error(`no test file matches: ${words.join(' ')}`);
    return 1;
  }
  const whole = kind === 'usual' && words.length === 0;
  const check = whole ? spawnSync('sh', ['tools/check.sh'], { stdio: 'inherit' }).status === 0 : undefined;

  const commit = checkedOutCommit();
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-run-'));
  try {
    if (dist !== undefined) Object.assign(process.env, await installDist(dist, join(folder, 'dist')));
    else if (kind === 'usual') Object.assign(process.env, await installBundle(join(folder, 'bundle')));
    const run = await runFiles(files, {
      folder,
      sideBySide: release ? 1 : SIDE_BY_SIDE,
      fileLimitMs: FILE_LIMIT_MS[kind],
      runLimitMs: RUN_LIMIT_MS,
      againAtMost: release ? 0 : RUN_AGAIN_AT_MOST,
      signal: stop.signal,
      env: {
        ...(memory && CHECKING_ALLOCATOR),
        ...(release && { OVERCOAT_TEST_ROOTS: process.env['OVERCOAT_TEST_ROOTS'] ?? join(folder, 'roots') }),
      },
      onResult: (result) => {
        print(result);
        if (release) record(result, commit);
      },
    });
    const { ok, text } = closing({ ...run, check, strict });
    process.stdout.write(text);
    return ok ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of each file as it ends, so that a run that is ended has left its part. */
function record(result: FileResult, commit: string): void {
  const before = existsSync(RECORD) ? readFileSync(RECORD, 'utf8') : '';
  writeFileSync(RECORD, updatedRecord(before, recordLine(new Date(), commit, result)));
}

/** One line for a file that passed, all it wrote for another. */
function print({ file, passed, failures, skipped, seconds, cpuSeconds, output }: FileResult): void {
  const counts = [`${passed} passed`];
  if (failures.length > 0) counts.push(`${failures.length} failed`);
  if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
  console.log(
    `${failures.length > 0 ? '✖' : '✔'} ${file} (${counts.join(', ')}; ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} of CPU)`,
  );
  if (failures.length > 0) console.log(`${output.trimEnd()}\n`);
}

/** @returns the words of the command line, or what is wrong with them */
function readWords() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        strict: { type: 'boolean' },
        memory: { type: 'boolean' },
        release: { type: 'boolean' },
        dist: { type: 'string' },
      },
    });
  } catch (cause) {
    return (cause as Error).message;
  }
}
