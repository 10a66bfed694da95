import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cipherWords } from '../../src/tls/cipher-list.ts';

suite('a cipher list', () => {
  test('is cut at what OpenSSL takes for separators', () => {
    assert.deepEqual(cipherWords('A:B,C;D E::!F:@STRENGTH'), ['A', 'B', 'C', 'D', 'E', '!F', '@STRENGTH']);
  });
});
