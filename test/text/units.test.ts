/** Sizes, rates and ages. */
// Tests: src/text/units.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText, rateText, sizeText } from '../../src/text/units.ts';

test('sizes, rates and ages have the unit people use', () => {
  assert.deepEqual([0, 999, 1000, 1_500_000, 7e15].map(sizeText), ['0 B', '999 B', '1.0 kB', '1.5 MB', '7000.0 TB']);
  assert.deepEqual([0, 100, 750_000].map(rateText), ['0 bit/s', '800 bit/s', '6.0 Mbit/s']);
  assert.deepEqual([0, 59.9, 60, 3661, 90_000].map(ageText), ['0s', '59s', '1m 0s', '1h 1m', '1d 1h']);
});
