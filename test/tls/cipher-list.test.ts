import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cipherWords, listedSecurityLevel } from '../../src/tls/cipher-list.ts';

suite('a cipher list', () => {
  test('is cut at what OpenSSL takes for separators', () => {
    assert.deepEqual(cipherWords('A:B,C;D E::!F:@STRENGTH'), ['A', 'B', 'C', 'D', 'E', '!F', '@STRENGTH']);
  });

  test('says its security level with the last command in it', () => {
    for (const [list, level] of [
      ['HIGH', undefined],
      ['ALL:@SECLEVEL=0', 0],
      ['@SECLEVEL=3:ALL', 3],
      ['DEFAULT@SECLEVEL=1', 1],
      ['ALL:@SECLEVEL=0:HIGH,@SECLEVEL=4 !aNULL', 4],
      ['ALL:@SECLEVEL=7', undefined],
      ['ALL:@SECLEVEL=11', undefined],
      ['ALL:SECLEVEL=0', undefined],
      ['SUITEB128:@SECLEVEL=0', undefined],
    ] as const)
      assert.equal(listedSecurityLevel(list), level, list);
  });
});
