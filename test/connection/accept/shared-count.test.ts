import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedCount, sharedCountLength } from '../../../src/connection/accept/shared-count.ts';

test('each worker sets its own number; all see the sum and the limit', () => {
  const memory = new Int32Array(sharedCountLength(3));
  const [main, first, second] = [0, 1, 2].map((place) => new SharedCount(memory, place)) as [SharedCount, SharedCount, SharedCount];
  first.own = 5;
  second.own = 7;
  assert.equal(main.total, 12);
  first.own = 0;
  assert.equal(main.total, 7);
  assert.equal(second.limit, undefined);
  main.limit = 10;
  assert.equal(second.limit, 10);
});
