import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackOff } from '../../../../src/daemon/workers/supervisor/back-off.ts';

test('the first is replaced at once, a series is waited for longer and longer, up to a limit', () => {
  let now = 0;
  const backOff = new BackOff(() => now);
  const waits = Array.from({ length: 8 }, () => {
    now += 1000;
    return backOff.next();
  });
  assert.deepEqual(waits, [0, 500, 1000, 1500, 1500, 1500, 1500, 1500]);
});

test('a worker that ran for long begins a new series', () => {
  let now = 0;
  const backOff = new BackOff(() => now);
  assert.equal(backOff.next(), 0);
  assert.equal(backOff.next(), 500);
  now += 60_001;
  assert.equal(backOff.next(), 0);
});
