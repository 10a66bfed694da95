import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { timeText } from '../../src/status/time-text.ts';

suite('times of the API and of records', () => {
  test('are what Date says, whichever time was written before', () => {
    const at = Date.UTC(2026, 10, 29, 1, 2, 3);
    for (const ms of [at, at + 7, at + 999, at + 1000, at + 999, at - 1, 0, -1, -1001, at + 0.75]) {
      assert.equal(timeText(ms), new Date(Math.floor(ms)).toISOString(), String(ms));
    }
  });

  test('that no date can say are the end of time, and do not spoil the next', () => {
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) assert.equal(timeText(ms), '9999-12-31T23:59:59.999Z');
    assert.equal(timeText(1500), '1970-01-01T00:00:01.500Z');
  });
});
