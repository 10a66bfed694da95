import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atMost, handshakesPerSecond } from '../../../src/config/values/limit-values.ts';

test('a limit is a number; 0 is none', () => {
  assert.deepEqual(atMost('7'), { ok: true, value: { most: 7 } });
  assert.deepEqual(atMost('0'), { ok: true, value: { most: undefined } });
  for (const text of ['', '-1', '1.5', 'ten', '1000001']) assert.equal(atMost(text).ok, false, text);
});

test('handshakes are limited for all together, for each, or for both', () => {
  assert.deepEqual(handshakesPerSecond('50'), { ok: true, value: { all: 50, each: undefined } });
  assert.deepEqual(handshakesPerSecond('50, 10'), { ok: true, value: { all: 50, each: 10 } });
  assert.deepEqual(handshakesPerSecond('0,10'), { ok: true, value: { all: undefined, each: 10 } });
  for (const text of ['', '50,', ',10', '1,2,3', 'x']) assert.equal(handshakesPerSecond(text).ok, false, text);
});
