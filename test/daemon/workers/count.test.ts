import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerCount } from '../../../src/daemon/workers/count.ts';

test('auto is one on one or two cores, else one a core, at most eight', () => {
  const cores = [1, 2, 3, 4, 8, 9, 128];
  assert.deepEqual(
    cores.map((number) => workerCount('auto', number)),
    [1, 1, 3, 4, 8, 8, 8],
  );
});

test('a number is that number, whatever the cores', () => {
  assert.equal(workerCount(5, 1), 5);
});
