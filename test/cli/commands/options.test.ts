import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { OPTION_LIST } from '../../../src/config/option-table.ts';
import { BIN } from '../../support/overcoat/checkout.ts';
import { runProgram } from '../../support/program.ts';

const options = (...args: readonly string[]) => runProgram([join(BIN, 'overcoat'), 'options', ...args]);

suite('options', () => {
  test('lists all of the table', async () => {
    const { stdout, code } = await options();
    const names = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    assert.deepEqual(
      names,
      OPTION_LIST.map((option) => option.name),
    );
    assert.equal(code, 0);
  });

  test('explains one, by any of its names', async () => {
    const { stdout } = await options('CURVE');
    assert.match(stdout, /^curves = GROUP\[:GROUP\.\.\.\]\n/);
    assert.match(stdout, /^also: {6}curve$/m);
    assert.match(stdout, /^state: {5}works differently: /m);
  });

  test('suggests a name for one that does not exist', async () => {
    const { stderr, code } = await options('verifychian');
    assert.equal(stderr, 'overcoat: there is no option "verifychian"; did you mean verifyChain?\n');
    assert.equal(code, 1);
    const none = await options('foo');
    assert.equal(none.stderr, 'overcoat: there is no option "foo"; `overcoat options` lists those there are\n');
  });
});
