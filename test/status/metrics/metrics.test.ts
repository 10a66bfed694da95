/** What is counted is bounded, whoever chooses the words that it is counted by. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counts } from '../../../src/status/metrics/metrics.ts';

const MOST = 65_536;

test('ever new labels take no more memory from some number on, and those there are go on', () => {
  const counts = new Counts();
  for (let index = 0; index < MOST + 1000; index += 1) counts.add('overcoat_redirected_total', { service: String(index) });
  counts.add('overcoat_redirected_total', { service: '0' });
  assert.equal(counts.samples('overcoat_redirected_total').length, MOST);
  assert.equal(counts.total('overcoat_redirected_total', { service: '0' }), 2);
  assert.equal(counts.total('overcoat_redirected_total', { service: String(MOST) }), 0);
});
