import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STATIC_TABLE } from '../../../src/names/http2/static-table.ts';

test('the static table has the 61 entries of RFC 7541, in their places', () => {
  assert.equal(STATIC_TABLE.length, 61);
  assert.deepEqual(STATIC_TABLE[0], [':authority', '']);
  assert.deepEqual(STATIC_TABLE[37], ['host', '']);
  assert.deepEqual(STATIC_TABLE[60], ['www-authenticate', '']);
});
