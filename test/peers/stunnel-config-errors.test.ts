/**
 * The same broken file, read by Debian's stunnel4 and by overcoat-stunnel: both end with code 1 and the same line on standard error.
 * Fixtures that say `(not the same)` are left out: options of our own, or a choice that differs on purpose.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { findOption } from '../../src/config/option-table.ts';
import { BIN, ROOT } from '../support/overcoat/checkout.ts';
import { formatStunnelFailure } from '../support/overcoat/stunnel-failure.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const FOLDER = join(ROOT, 'test/config/fixtures/invalid');
const files = readdirSync(FOLDER).filter((name) => readFileSync(join(FOLDER, name), 'utf8').split('\n')[1]?.startsWith('; stunnel: '));

/** What stunnel 5.74 says where 5.68, whose words are ours, says something else. */
const REWORDED: readonly (readonly [newer: string, ours: string])[] = [
  ['Illegal retry delay', "The argument needs to be either 'yes' or 'no'"],
  ['The configured protocol is not supported', "The 'proxy' protocol is not supported"],
];

function asOlder(line: string | undefined): string | undefined {
  return REWORDED.reduce((text, [newer, ours]) => text?.replace(newer, ours), line);
}

/** The last error in front of `Configuration failed`. */
function lastError(output: string): string | undefined {
  const errors = output.split('\n').filter((line) => line.startsWith('[!]'));
  assert.equal(errors.at(-1), '[!] Configuration failed', output);
  return errors.at(-2);
}

const skip = requires({ packages: ['stunnel4'] });

suite('a broken file', { skip }, () => {
  assert.ok(files.length > 30, 'there are files to compare');
  for (const name of files) {
    test(name, async () => {
      const file = join(FOLDER, name);
      const theirs = await runProgram(['stunnel4', file]);
      const { problems } = loadConfig({ file }, { strict: false, launcher: 'stunnel' });
      assert.equal(lastError(formatStunnelFailure(problems).join('\n')), asOlder(lastError(theirs.stderr)));
      assert.equal(theirs.code, 1);
    });
  }
});

test('the launcher prints that line too, and fails', { skip }, async () => {
  for (const name of ['curves.conf', 'unknown-option.conf', 'inetd-with-accept.conf']) {
    const file = join(FOLDER, name);
    const ours = await runProgram([join(BIN, 'overcoat-stunnel'), file]);
    const theirs = await runProgram(['stunnel4', file]);
    assert.equal(lastError(ours.stderr), asOlder(lastError(theirs.stderr)));
    assert.equal(ours.code, 1);
  }
});

const waits = findOption('OCSPaia')?.status === 'pending' ? 'the sample uses OCSPaia, which is not available yet' : skip;

test("Debian's sample configuration can be used as it is", { skip: waits }, async () => {
  const { stdout, code } = await runProgram([join(BIN, 'overcoat'), 'check', '/usr/share/doc/stunnel4/examples/stunnel.conf-sample']);
  assert.match(stdout, /: ok, 3 services\n$/);
  assert.equal(code, 0);
});
