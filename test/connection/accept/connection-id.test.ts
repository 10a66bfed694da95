/** The number of a connection, and the four forms of `logId`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextConnection } from '../../../src/connection/accept/connection-id.ts';

test('sequential ids count up', () => {
  const first = Number(nextConnection('sequential').id);
  assert.equal(Number(nextConnection('sequential').id), first + 1);
});

test('unique ids are 22 alphanumerics and differ', () => {
  const ids = new Set(Array.from({ length: 50 }, () => nextConnection('unique').id));
  assert.equal(ids.size, 50);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9]{22}$/);
});

test('process and thread ids are those of the process, whose first thread has the same', () => {
  assert.equal(nextConnection('process').id, String(process.pid));
  assert.equal(nextConnection('thread').id, String(process.pid));
});

test('numbers are integers that no two connections share, whatever their ids look like', () => {
  const forms = ['thread', 'process', 'unique', 'sequential'] as const;
  const numbers = Array.from({ length: 40 }, (_, index) => nextConnection(forms[index % 4] ?? 'sequential').connection);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => (numbers[0] ?? Number.NaN) + index),
  );
});
