/** What calls much C, under the checking allocator: `npm run test:memory`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/eventually.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { Program } from '../support/program.ts';

/** Less than this file has, so that the run can still end what it has started. */
const LIMIT_MS = 28 * 60_000;

test('the allocator finds nothing', async (t) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const program = new Program([process.execPath, 'tools/test/main.ts', '--memory'], { cwd: ROOT, env });
  t.after(() => program.stop().then(() => undefined));
  const { code, stdout } = await within('the run ends', program.finished, LIMIT_MS);
  assert.equal(code, 0, stdout.slice(-20_000));
});
