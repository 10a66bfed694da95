/** What one turn of the event loop brings goes out together, in order. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Batch } from '../../src/observe/batch.ts';

/** The rest of this turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('one turn is one batch, in order', async () => {
  const sent: (readonly number[])[] = [];
  const batch = new Batch<number>((items) => sent.push(items));
  batch.add(1);
  batch.add(2);
  assert.deepEqual(sent, []);
  await turn();
  batch.add(3);
  await turn();
  assert.deepEqual(sent, [[1, 2], [3]]);
});

test('a flush sends at once what is waiting, and nothing twice', async () => {
  const sent: (readonly number[])[] = [];
  const batch = new Batch<number>((items) => sent.push(items));
  batch.flush();
  batch.add(1);
  batch.flush();
  batch.flush();
  await turn();
  assert.deepEqual(sent, [[1]]);
});

test('a turn that brings very much sends before it ends', () => {
  const sent: (readonly number[])[] = [];
  const batch = new Batch<number>((items) => sent.push(items));
  for (let item = 0; item < 512; item += 1) batch.add(item);
  assert.equal(sent[0]?.length, 512);
});

test('what may wait goes out after 10 ms together, or with what does not wait', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const sent: (readonly number[])[] = [];
    const batch = new Batch<number>((items) => sent.push(items));
    batch.addWaiting(1);
    await turn();
    batch.addWaiting(2);
    mock.timers.tick(9);
    assert.deepEqual(sent, []);
    mock.timers.tick(1);
    assert.deepEqual(sent, [[1, 2]]);
    batch.addWaiting(3);
    batch.add(4);
    await turn();
    mock.timers.tick(10);
    assert.deepEqual(sent, [
      [1, 2],
      [3, 4],
    ]);
  } finally {
    mock.timers.reset();
  }
});
