import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { timeStamp } from '../../src/observe/time-stamp.ts';

suite('the time stamp', () => {
  test("is local time in stunnel's form", () => {
    const moment = new Date(2026, 0, 2, 3, 4, 5).getTime();
    assert.equal(timeStamp(moment), '2026.01.02 03:04:05');
    assert.equal(timeStamp(moment + 999), '2026.01.02 03:04:05');
    assert.equal(timeStamp(moment + 1000), '2026.01.02 03:04:06');
  });

  test('goes back with the clock', () => {
    const moment = new Date(2026, 11, 31, 23, 59, 59).getTime();
    timeStamp(moment);
    assert.equal(timeStamp(moment - 86_400_000), '2026.12.30 23:59:59');
  });
});
