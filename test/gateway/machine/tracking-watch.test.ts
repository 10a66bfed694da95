import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrackingWatch } from '../../../src/gateway/machine/tracking-watch.ts';

test('a full table of connections is said once, and again when there was room between', () => {
  const watch = new TrackingWatch();
  const looks = [900, 950, 1000, 900, 1000, 700, 990].map((count) => watch.look({ count, max: 1000 })?.count);
  assert.deepEqual(looks, [undefined, 950, undefined, undefined, undefined, undefined, 990]);
  assert.equal(watch.look(undefined), undefined);
});
