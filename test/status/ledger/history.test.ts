/** The hour of throughput: rates of each step, what is asked for later, and that it stays bounded. */
// Tests: src/status/ledger/history.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, STEP_MS, STEPS } from '../../../src/status/ledger/history.ts';

const START = 1_800_000_000_000;

function sums(toTls: number, toPlain = 0): ReadonlyMap<string, { toTls: number; toPlain: number }> {
  return new Map([['live', { toTls, toPlain }]]);
}

test('a step is what a service carried in it, a second; the first one has nothing to be compared with', () => {
  const history = new History();
  history.take(new Map(), 0);
  history.take(sums(5000, 500), STEP_MS);
  history.take(sums(5000, 500), 2 * STEP_MS);
  history.take(sums(25_000, 500), 4 * STEP_MS);
  const { at, next, services } = history.since(0, START, 0);
  assert.deepEqual(services, [{ name: 'live', toTls: [0, 1000, 0, 2000], toPlain: [0, 100, 0, 0] }]);
  assert.deepEqual([at.length, next, at[3]], [4, 4, new Date(START + 4 * STEP_MS).toISOString()]);
});

test('what somebody has already is left out', () => {
  const history = new History();
  for (let step = 0; step < 5; step += 1) history.take(sums(step * 5000), step * STEP_MS);
  const { services, next } = history.since(3, START, 0);
  assert.deepEqual([services[0]?.toTls, next], [[1000, 1000], 5]);
  assert.deepEqual(history.since(5, START, 0).at, []);
  assert.deepEqual(history.since(99, START, 0).at, []);
});

test('it holds an hour, and no more services than it may', () => {
  const history = new History();
  const many = new Map(Array.from({ length: 500 }, (_, number) => [`s${number}`, { toTls: 1, toPlain: 1 }]));
  for (let step = 0; step < STEPS + 10; step += 1) history.take(many, step * STEP_MS);
  const { at, services, next } = history.since(0, START, 0);
  assert.deepEqual([at.length, services.length, next], [STEPS, 100, STEPS + 10]);
  assert.equal(at[0], new Date(START + 10 * STEP_MS).toISOString());
});

test('its times are of the clock as it is set now, and never go back', () => {
  const history = new History();
  for (let step = 0; step < 3; step += 1) history.take(sums(0), step * STEP_MS);
  const at = (now: number): readonly number[] => history.since(0, now, 3 * STEP_MS).at.map(Date.parse);
  const wanted = [-3, -2, -1];
  for (const now of [START, START - 7_200_000])
    assert.deepEqual(
      at(now),
      wanted.map((step) => now + step * STEP_MS),
    );
});
