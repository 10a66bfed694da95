/** The closing lines of `npm test`: counts, and every skipped test with its reason. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { it } from 'node:test';
import { ROOT } from '../support/daemon.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

async function report(t: TestContext, body: string, check?: 'passed' | 'failed'): Promise<{ code: number | null; lines: string[] }> {
  const { 'a.test.mjs': file } = writeFiles(tempFolder(t), {
    'a.test.mjs': `import { describe, it } from 'node:test';\nimport assert from 'node:assert';\n${body}`,
  });
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, OVERCOAT_CHECK: check };
  const reporter = ['--test-reporter', join(ROOT, 'tools/reporter.ts'), '--test-reporter-destination', 'stdout'];
  const { code, stdout } = await runProgram([process.execPath, '--test', ...reporter, file], { env, cwd: ROOT });
  return { code, lines: stdout.trimEnd().split('\n') };
}

it('counts what passed, failed and was skipped, and lists the skipped', async (t) => {
  const { code, lines } = await report(
    t,
    `it('good', () => {});
     it('bad', () => assert.fail('no'));
     it('lame', { skip: 'needs root' }, () => {});
     describe('lame suite', { skip: 'needs the Debian package x' }, () => { it('never registered', () => {}); });`,
  );
  assert.equal(code, 1);
  assert.equal(lines.at(-1), '1 passed, 1 failed, 2 skipped');
  const text = lines.join('\n');
  assert.match(text, /a\.test\.mjs: lame \(needs root\)/);
  assert.match(text, /a\.test\.mjs: lame suite \(needs the Debian package x\)/);
  assert.match(text, / fail 1$/m); // node's own summary stays
});

it('a file that crashes is a failure', async (t) => {
  const { code, lines } = await report(t, 'throw new Error("crash");');
  assert.equal(code, 1);
  assert.equal(lines.at(-1), '0 passed, 1 failed, 0 skipped');
});

it('the check before the tests counts as one', async (t) => {
  assert.equal((await report(t, "it('good', () => {});", 'passed')).lines.at(-1), '2 passed, 0 failed, 0 skipped');
  const failed = await report(t, "it('good', () => {});", 'failed');
  assert.equal(failed.lines.at(-1), '1 passed, 1 failed, 0 skipped');
  assert.match(failed.lines.join('\n'), /`npm run check` failed/);
});
