/** Every fuzz test with the many inputs of `npm run fuzz`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';

test('no parser falls over one of 100,000 inputs', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { code, stdout } = await runProgram(['sh', 'tools/fuzz.sh'], { cwd: ROOT, env, timeoutMs: 25 * 60_000 });
  assert.equal(code, 0, stdout.slice(-20_000));
});
