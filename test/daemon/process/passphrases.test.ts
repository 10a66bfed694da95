import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rememberPassphrases } from '../../../src/daemon/process/passphrases.ts';

test('passphrases are asked for at start, and recalled afterwards without asking', () => {
  const asked: string[] = [];
  const answers = ['wrong', 'right', undefined];
  const { ask, recall } = rememberPassphrases((keyFile) => {
    asked.push(keyFile);
    return answers.shift();
  });
  assert.equal(recall('a.key'), undefined);
  assert.equal(ask('a.key'), 'wrong');
  assert.equal(ask('a.key'), 'right');
  assert.equal(ask('b.key'), undefined);
  assert.deepEqual(asked, ['a.key', 'a.key', 'b.key']);
  assert.equal(recall('a.key'), 'right');
  assert.equal(recall('b.key'), undefined);
  assert.equal(asked.length, 3);
});
