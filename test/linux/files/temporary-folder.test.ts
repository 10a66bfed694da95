import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../src/linux/files/temporary-folder.ts';
import { BIN } from '../../support/overcoat/checkout.ts';
import { runProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

test('a temporary folder is made where TMPDIR says, for one user alone', (t) => {
  process.env['TMPDIR'] = tempFolder(t);
  const folder = temporaryFolder('test', 'the test');
  assert.match(basename(folder), /^overcoat-test-/);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

for (const [words, what] of [
  [['support', '--yes', '--save', '/no/such'], 'support'],
  [['demo', '--embedded'], 'The demo'],
  [['demo', '--keep'], 'The demo'],
] as const)
  test(`where none can be made, ${words.slice(0, 2).join(' ')} says so, and how another place is named`, async () => {
    const nowhere = join('/no/such', 'folder');
    assert.equal(existsSync(nowhere), false);
    const { code, stderr } = await runProgram([join(BIN, 'overcoat'), ...words], { env: { ...process.env, TMPDIR: nowhere } });
    assert.deepEqual(
      [code, stderr],
      [1, `overcoat: ${what} cannot write its files into ${nowhere}: No such file or directory; TMPDIR names another folder\n`],
    );
  });
