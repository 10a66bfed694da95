/** Many test files in one run: what is unsteady is told from what is broken, and the run ends in its time. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { RunOptions, RunResults } from '../../tools/test/test-run.ts';
import { runFiles } from '../../tools/test/test-run.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const HEAD = "import { test } from 'node:test';\nimport { existsSync, writeFileSync } from 'node:fs';\n";
const GOOD = `${HEAD}test('good', () => {});`;
const BAD = `${HEAD}test('bad', () => { throw new Error('no'); });`;
const UNSTEADY = `${HEAD}test('second time lucky', () => {
  const mark = new URL('mark', import.meta.url);
  if (existsSync(mark)) return;
  writeFileSync(mark, '');
  throw new Error('not yet');
});`;
const ENDLESS = `${HEAD}test('endless', () => new Promise(() => setInterval(() => {}, 1000)));`;

interface Ran extends RunResults {
  /** How many times a file was run. */
  readonly runs: number;
}

async function run(t: TestContext, files: Readonly<Record<string, string>>, options: Partial<RunOptions> = {}): Promise<Ran> {
  const folder = tempFolder(t);
  const paths = Object.values(writeFiles(folder, files));
  let runs = 0;
  const results = await runFiles(paths, {
    folder,
    sideBySide: 2,
    fileLimitMs: 60_000,
    runLimitMs: 120_000,
    againAtMost: 10,
    signal: new AbortController().signal,
    onResult: () => {
      runs += 1;
    },
    ...options,
  });
  return { ...results, runs };
}

suite('a run', () => {
  test('runs what failed once more, alone, and tells unsteady from broken', async (t) => {
    const { results, unsteady, notRun, runs } = await run(t, { 'a.test.mjs': GOOD, 'b.test.mjs': BAD, 'c.test.mjs': UNSTEADY });
    assert.deepEqual(
      results.map(({ passed, failures }) => [passed, failures.length]),
      [
        [1, 0],
        [0, 1],
        [1, 0],
      ],
    );
    assert.deepEqual(
      unsteady.map(({ failures }) => failures[0]?.name),
      ['second time lucky'],
    );
    assert.deepEqual([notRun, runs], [[], 5]);
  });

  test('runs nothing again when too much has failed', async (t) => {
    const { unsteady, runs } = await run(t, { 'b.test.mjs': BAD, 'c.test.mjs': UNSTEADY }, { againAtMost: 1 });
    assert.deepEqual([unsteady, runs], [[], 2]);
  });

  test('ends when its time is over, and names the files that never began', async (t) => {
    const files = { 'a.test.mjs': ENDLESS, 'b.test.mjs': GOOD };
    const { results, notRun } = await run(t, files, { sideBySide: 1, runLimitMs: 3000 });
    assert.match(results[0]?.failures[0]?.text ?? '', /^not done after 3 s, .*"endless"/);
    assert.deepEqual([results.length, notRun.length], [1, 1]);
    assert.match(notRun[0] ?? '', /b\.test\.mjs$/);
  });
});
