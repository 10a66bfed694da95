/** When a certificate is renewed, of 90 days and of six, with and without a window, and how long a failure waits. */
// Tests: src/acme/schedule.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isNearEnd, pauseAfter, renewalTime } from '../../src/acme/schedule.ts';

const DAY = 86_400_000;
const days = (count: number): { readonly from: number; readonly to: number } => ({ from: 0, to: count * DAY });

suite('the schedule', () => {
  test('renews at two thirds, a little earlier by chance', () => {
    assert.equal(renewalTime(days(90), 0), 60 * DAY);
    assert.equal(Math.round((renewalTime(days(90), 1) / DAY) * 10), 555);
    assert.equal(renewalTime(days(6), 0), 4 * DAY);
  });

  test('follows the window of the directory, and not past nine tenths', () => {
    assert.equal(renewalTime(days(90), 0.5, { start: 10 * DAY, end: 20 * DAY }), 15 * DAY);
    assert.equal(renewalTime(days(90), 0, { start: 0, end: 0 }), 0, 'now: it is to be revoked');
    assert.equal(renewalTime(days(90), 0.5, { start: 200 * DAY, end: 300 * DAY }), 81 * DAY);
  });

  test('waits longer after each failure, at most six hours, and less where time is short', () => {
    const pauses = [1, 2, 3, 10, 1000].map((failures) => pauseAfter(failures, 0.5, undefined));
    assert.deepEqual(
      pauses.map((ms) => Math.round(ms)),
      [60_000, 120_000, 240_000, 21_600_000, 21_600_000],
    );
    assert.ok(pauseAfter(1000, 1, 2 * DAY) < DAY / 8);
    assert.ok(pauseAfter(1000, 0, 0) > 60_000, 'one that has ended is no reason to hammer');
  });

  test('knows the last sixth', () => {
    assert.equal(isNearEnd(days(6), 4.9 * DAY), false);
    assert.equal(isNearEnd(days(6), 5.1 * DAY), true);
  });
});
