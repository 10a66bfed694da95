/**
 * Behaviour does not depend on the number of workers: the tests of relay, reload, drain, resumption, limits, log and privileges once
 * more, with two.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { runProgram } from '../support/program.ts';

const FILES = [
  'endings',
  'exec',
  'limits',
  'privileges',
  'redirect',
  'reload',
  'reload-under-load',
  'signals',
  'systemd',
  'too-many-clients',
  'virtual-hosts',
  'volume',
];

suite('with two workers', () => {
  for (const name of FILES) {
    test(name, async () => {
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const file = join(import.meta.dirname, `${name}.test.ts`);
      const argv = [process.execPath, '--test-reporter=spec', file];
      const { code, stdout, stderr } = await runProgram(argv, { env: { ...env, OVERCOAT_TEST_WORKERS: '2' }, timeoutMs: 300_000 });
      assert.equal(code, 0, stdout.slice(-20_000) + stderr);
      assert.match(stdout, /pass [1-9]/);
    });
  }
});
