/** The four forms of `logId`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextConnectionId } from '../../../src/connection/accept/connection-id.ts';

test('sequential ids count up', () => {
  const first = Number(nextConnectionId('sequential'));
  assert.equal(Number(nextConnectionId('sequential')), first + 1);
});

test('unique ids are 22 alphanumerics and differ', () => {
  const ids = new Set(Array.from({ length: 50 }, () => nextConnectionId('unique')));
  assert.equal(ids.size, 50);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9]{22}$/);
});

test('process and thread ids are those of the process, whose first thread has the same', () => {
  assert.equal(nextConnectionId('process'), String(process.pid));
  assert.equal(nextConnectionId('thread'), String(process.pid));
});
