/** Behaviour does not depend on the number of workers: tests of one once more, with two. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { runProgram } from '../program.ts';
import { ROOT } from './checkout.ts';

/** @param names files of test/behaviour/, without their ending */
export function testWithTwoWorkers(names: readonly string[]): void {
  suite('with two workers', () => {
    for (const name of names) {
      test(name, async () => {
        const { NODE_TEST_CONTEXT: _, ...env } = process.env;
        const file = join(ROOT, 'test', 'behaviour', `${name}.test.ts`);
        const argv = [process.execPath, '--test-reporter=spec', file];
        const { code, stdout, stderr } = await runProgram(argv, { env: { ...env, OVERCOAT_TEST_WORKERS: '2' }, timeoutMs: 300_000 });
        assert.equal(code, 0, stdout.slice(-20_000) + stderr);
        assert.match(stdout, /pass [1-9]/);
      });
    }
  });
}
