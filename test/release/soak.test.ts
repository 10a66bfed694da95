/**
 * Two minutes of `npm run soak`: a fault every ten seconds under load, and nothing unexplained. A quarter of what the machine gives, because
 * other release tests run beside it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

test('two minutes under load and faults', { skip: requires({ linux: true }) }, async (t) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const words = ['2m', '--load', '25', '--out', join(tempFolder(t), 'soak.json')];
  const { code, stdout, stderr } = await runProgram([process.execPath, 'bench/soak/main.ts', ...words], {
    cwd: ROOT,
    env,
    timeoutMs: 8 * 60_000,
  });
  for (const line of stdout.split('\n')) t.diagnostic(line);
  assert.equal(code, 0, `${stdout}${stderr}`);
});
