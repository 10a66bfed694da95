/** One test file as the runner runs it: it ends in any case, with what it started, and says what was open. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { FileResult } from '../../tools/test/run-file.ts';
import { runFile } from '../../tools/test/run-file.ts';
import { eventually } from '../support/eventually.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const skip = requires({ linux: true });
const HEAD = `import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import assert from 'node:assert';
`;
/** A program in a session of its own that holds the file's output; its process id stands in `pid` beside the file. */
const START_HOLDER = `const child = spawn('sleep', ['1000'], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
child.unref();
writeFileSync(new URL('pid', import.meta.url), String(child.pid));
`;

interface Ran extends FileResult {
  readonly folder: string;
}

async function run(t: TestContext, body: string, { limitMs = 60_000, signal = new AbortController().signal } = {}): Promise<Ran> {
  const folder = tempFolder(t);
  const { 'a.test.mjs': file } = writeFiles(folder, { 'a.test.mjs': HEAD + body });
  return { ...(await runFile(file, { folder, limitMs, signal })), folder };
}

async function assertHolderEnded(folder: string): Promise<void> {
  const pid = readFileSync(join(folder, 'pid'), 'utf8');
  await eventually('the program the file had started is gone', () => !existsSync(`/proc/${pid}`));
}

suite('a test file', () => {
  test('is counted test by test, with the reasons of what was skipped and the text of what failed', async (t) => {
    const { passed, failures, skipped } = await run(
      t,
      `test('good', () => {});
       test('bad', () => assert.fail('no'));
       test('lame', { skip: 'needs root' }, () => {});
       test('parent', async (t) => { await t.test('child', () => assert.fail('child')); });
       suite('suite', () => { test('inner', () => {}); });
       suite('lame suite', { skip: 'needs the Debian package x' }, () => { test('never registered', () => {}); });`,
    );
    assert.equal(passed, 2);
    assert.deepEqual(
      failures.map(({ name }) => name),
      ['bad', 'child'],
    );
    assert.match(failures[0]?.text ?? '', /AssertionError.*: no/);
    assert.deepEqual(
      skipped.map(({ name, text }) => [name, text]),
      [
        ['lame', 'needs root'],
        ['lame suite', 'needs the Debian package x'],
      ],
    );
  });

  test('that crashes is a failure with its last words, also after its tests have passed', async (t) => {
    const { failures } = await run(t, "test('good', () => {}); throw new Error('crash at once');");
    assert.match(failures[0]?.text ?? '', /crash at once/);
    const late = await run(t, "test('good', () => {}); process.on('exit', () => { process.exitCode = 7; });");
    assert.deepEqual([late.passed, late.failures.length], [1, 1]);
    assert.match(late.failures[0]?.text ?? '', /^ended with exit code 7/);
  });

  test('costs what it and its programs used', { skip }, async (t) => {
    const { cpuSeconds } = await run(
      t,
      `test('child', async () => {
         const child = spawn(process.execPath, ['-e', 'const end = Date.now() + 60000; while (process.cpuUsage().user < 1e6 && Date.now() < end);']);
         await new Promise((resolve) => child.on('exit', resolve));
       });`,
    );
    assert.ok(cpuSeconds >= 1, `${cpuSeconds}`);
  });

  test('over its limit is ended with all it started, also what holds its output in a session of its own', { skip }, async (t) => {
    const body = `${START_HOLDER}test('done', () => {});
      suite('suite', () => { test('never done', () => new Promise((resolve) => setTimeout(resolve, 1e6))); });`;
    const { folder, passed, failures, left } = await run(t, body, { limitMs: 3000 });
    await assertHolderEnded(folder);
    assert.equal(passed, 1);
    assert.deepEqual(left, []);
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.text ?? '', /^not done after 3 s, and ended with all it started; running: "suite", "never done"\nopen:\n/);
    assert.match(failures[0]?.text ?? '', /^ {2}sleep 1000$/m);
  });

  test('that cannot be interrupted is ended as well', async (t) => {
    const { failures } = await run(t, "test('spins', () => { for (;;); });", { limitMs: 2000 });
    assert.match(failures[0]?.text ?? '', /^not done after 2 s/);
  });

  test('that leaves a program behind ends at once, and the program is named and ended', { skip }, async (t) => {
    const { folder, passed, failures, left } = await run(t, `${START_HOLDER}test('good', () => {});`);
    await assertHolderEnded(folder);
    assert.deepEqual([passed, failures, left], [1, [], ['sleep 1000']]);
  });

  test('is ended when the run is stopped', async (t) => {
    const stop = new AbortController();
    const folder = tempFolder(t);
    const { 'a.test.mjs': file } = writeFiles(folder, {
      'a.test.mjs': `${HEAD}test('waits', () => { writeFileSync(new URL('waiting', import.meta.url), ''); return new Promise(() => setInterval(() => {}, 1000)); });`,
    });
    const running = runFile(file, { folder, limitMs: 60_000, signal: stop.signal });
    await eventually('the test runs', () => existsSync(join(folder, 'waiting')));
    stop.abort();
    assert.match((await running).failures[0]?.text ?? '', /^stopped before its end/);
  });
});
