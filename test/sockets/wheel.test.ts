/** Deadlines: never early, little late, cheap to put off, gone when cleared. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wheel } from '../../src/sockets/wheel.ts';
import { eventually } from '../support/eventually.ts';

test('deadlines come in their order, never early', async () => {
  const wheel = new Wheel();
  const began = performance.now();
  const came: [number, number][] = [];
  for (const ms of [300, 0, 150]) wheel.deadline(() => void came.push([ms, performance.now() - began])).set(ms);
  await eventually('all have come', () => came.length === 3);
  assert.deepEqual(
    came.map(([ms]) => ms),
    [0, 150, 300],
  );
  for (const [ms, after] of came) assert.ok(after >= ms, `${ms} came after ${after}`);
});

test('one that is put off comes once, at its last time; one that is cleared does not', async () => {
  const wheel = new Wheel();
  const began = performance.now();
  let came = 0;
  const deadline = wheel.deadline(() => {
    came += 1;
  });
  const cleared = wheel.deadline(() => assert.fail('it was cleared'));
  deadline.set(50);
  cleared.set(50);
  for (let count = 0; count < 1000; count += 1) deadline.set(400);
  cleared.clear();
  await eventually('it has come', () => came > 0);
  assert.ok(performance.now() - began >= 400);
  deadline.set(0);
  await eventually('it can be set again', () => came === 2);
});

test('one that is brought forward does not wait for its first time', async () => {
  const wheel = new Wheel();
  let came = false;
  const deadline = wheel.deadline(() => {
    came = true;
  });
  deadline.set(3_600_000);
  deadline.set(10);
  await eventually('it has come', () => came);
});
