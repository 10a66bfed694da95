import assert from 'node:assert/strict';
import { test } from 'node:test';
import { landlockLacks } from '../../../src/linux/fence/landlock.ts';

const [EPERM, ENOSYS] = [1, 38];

test('what cannot be fenced is named, and a filter around the process where that is why', () => {
  assert.deepEqual(landlockLacks(-ENOSYS), ['Landlock: files, TCP ports']);
  assert.match(
    landlockLacks(-EPERM)[0] ?? '',
    /^Landlock: files, TCP ports \(refused by a filter around this process: `SystemCallFilter=`/,
  );
  assert.deepEqual(landlockLacks(3), ['TCP ports (Landlock before ABI 4)', 'signals (Landlock before ABI 6)']);
  assert.deepEqual(landlockLacks(6), []);
});
