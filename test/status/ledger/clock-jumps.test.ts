import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockJumps, StartTime } from '../../../src/status/ledger/clock-jumps.ts';

const DAY_MS = 86_400_000;

test('a clock that is set is told once, one that drifts is not', () => {
  let [wall, steady] = [1_800_000_000_000, 5000];
  const jumps = new ClockJumps(
    () => wall,
    () => steady,
  );
  wall += 60_010;
  steady += 60_000;
  assert.equal(jumps.take(), 0);
  wall += DAY_MS;
  assert.equal(jumps.take(), DAY_MS + 10);
  assert.equal(jumps.take(), 0);
  wall -= DAY_MS;
  assert.equal(jumps.take(), -DAY_MS);
});

test('a beginning moves along with the clock', () => {
  let [wall, steady] = [1_800_000_000_000, 0];
  const jumps = new ClockJumps(
    () => wall,
    () => steady,
  );
  const start = new StartTime(() => wall, jumps);
  wall += 60_000 - DAY_MS;
  steady += 60_000;
  assert.equal(wall - start.ms, 60_000);
});
