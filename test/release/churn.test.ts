/** Twenty thousand connections with every end there is: `test/behaviour/churn.test.ts` with more of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';

const CONNECTIONS = 20_000;

test('twenty thousand connections leave nothing', async (t) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const argv = [process.execPath, '--test-reporter=spec', join(ROOT, 'test/behaviour/churn.test.ts')];
  const { code, stdout } = await runProgram(argv, { env: { ...env, OVERCOAT_TEST_CHURN: String(CONNECTIONS) }, timeoutMs: 25 * 60_000 });
  assert.equal(code, 0, stdout.slice(-20_000));
  for (const [round] of stdout.matchAll(/round \d: .*/g)) t.diagnostic(round);
});
