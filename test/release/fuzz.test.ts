/** Every fuzz test with four times the inputs of `npm test`; the 100,000 of `npm run fuzz` take longer than the tests of a release may. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';

const MINUTE_MS = 60_000;

test('no parser falls over one of 20,000 inputs', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { code, stdout } = await runProgram(['sh', 'tools/fuzz.sh'], {
    cwd: ROOT,
    env: { ...env, OVERCOAT_FUZZ_INPUTS: '20000' },
    timeoutMs: 10 * MINUTE_MS,
  });
  assert.equal(code, 0, stdout.slice(-20_000));
});
