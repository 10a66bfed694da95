/** Free memory is given back after a burst, once, when it has become quiet, and never while bulk flows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepHeapSmall } from '../../src/daemon/heap-keeper.ts';

const MEBIBYTE = 2 ** 20;

test('after a burst and a quiet look', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const connections = { moved: 0 };
  let given = 0;
  keepHeapSmall(connections, () => {
    given += 1;
  });
  const look = (moved: number): number => {
    connections.moved += moved;
    t.mock.timers.tick(250);
    return given;
  };
  assert.equal(look(0), 0, 'nothing was relayed');
  assert.equal(look(10 * MEBIBYTE), 0);
  assert.equal(look(10 * MEBIBYTE), 0, 'bulk is flowing');
  assert.equal(look(1000), 1, 'twenty mebibytes, then quiet');
  assert.equal(look(0), 1, 'once for each burst');
  assert.equal(look(3 * MEBIBYTE), 1);
  assert.equal(look(0), 1, 'too little to be worth it');
  assert.equal(look(14 * MEBIBYTE), 1);
  assert.equal(look(0), 2);
});
