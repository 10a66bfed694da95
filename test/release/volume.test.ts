/** The test of much data, with more in one connection than 32 bits can count. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';

const BYTES = 5 * 2 ** 30;

test('five gibibytes each way arrive unchanged', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const argv = [process.execPath, '--test-reporter=spec', join(ROOT, 'test/behaviour/volume.test.ts')];
  const { code, stdout } = await runProgram(argv, { env: { ...env, OVERCOAT_TEST_VOLUME: String(BYTES) }, timeoutMs: 20 * 60_000 });
  assert.equal(code, 0, stdout);
  assert.match(stdout, new RegExp(`${BYTES} bytes each way at the same time arrive unchanged`));
});
