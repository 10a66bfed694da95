/** What calls much C, under the checking allocator: `npm run test:memory`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';

test('the allocator finds nothing', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const argv = [process.execPath, 'tools/test/main.ts', '--memory'];
  const { code, stdout } = await runProgram(argv, { cwd: ROOT, env, timeoutMs: 29 * 60_000 });
  assert.equal(code, 0, stdout.slice(-20_000));
});
