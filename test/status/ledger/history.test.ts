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
  history.take(new Map(), START, 0);
  history.take(sums(5000, 500), START + STEP_MS, STEP_MS);
  history.take(sums(5000, 500), START + 2 * STEP_MS, 2 * STEP_MS);
  history.take(sums(25_000, 500), START + 4 * STEP_MS, 4 * STEP_MS);
  const { at, next, services } = history.since(0, START, 0);
  assert.deepEqual(services, [{ name: 'live', toTls: [0, 1000, 0, 2000], toPlain: [0, 100, 0, 0] }]);
  assert.deepEqual([at.length, next, at[3]], [4, 4, new Date(START + 4 * STEP_MS).toISOString()]);
});

test('what somebody has already is left out', () => {
  const history = new History();
  for (let step = 0; step < 5; step += 1) history.take(sums(step * 5000), START + step * STEP_MS, step * STEP_MS);
  const { services, next } = history.since(3, START, 0);
  assert.deepEqual([services[0]?.toTls, next], [[1000, 1000], 5]);
  assert.deepEqual(history.since(5, START, 0).at, []);
  assert.deepEqual(history.since(99, START, 0).at, []);
});

test('it holds an hour, and no more services than it may', () => {
  const history = new History();
  const many = new Map(Array.from({ length: 500 }, (_, number) => [`s${number}`, { toTls: 1, toPlain: 1 }]));
  for (let step = 0; step < STEPS + 10; step += 1) history.take(many, START + step * STEP_MS, step * STEP_MS);
  const { at, services, next } = history.since(0, START, 0);
  assert.deepEqual([at.length, services.length, next], [STEPS, 100, STEPS + 10]);
  assert.equal(at[0], new Date(START + 10 * STEP_MS).toISOString());
});

test('its times never go back where the clock is set back', () => {
  const history = new History();
  for (let step = 0; step < 3; step += 1) history.take(sums(0), START + step * STEP_MS, step * STEP_MS);
  const at = (now: number): readonly number[] => history.since(0, now, 3 * STEP_MS).at.map(Date.parse);
  for (const now of [START + 3 * STEP_MS, START - 7_200_000])
    assert.deepEqual(
      at(now),
      [-3, -2, -1].map((step) => now + step * STEP_MS),
    );
});

test('a step stays where it was when the machine was suspended after it: the clock that nobody sets stood still', () => {
  const history = new History();
  const slept = 3_600_000;
  history.take(sums(0), START, 0);
  history.take(sums(0), START + STEP_MS, STEP_MS);
  history.take(sums(0), START + slept + 2 * STEP_MS, 2 * STEP_MS);
  const { at } = history.since(0, START + slept + 3 * STEP_MS, 3 * STEP_MS);
  assert.deepEqual(at.map(Date.parse), [START, START + STEP_MS, START + slept + 2 * STEP_MS]);
});
