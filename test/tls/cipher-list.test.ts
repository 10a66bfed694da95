import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { asOneWord, cipherWords, listedSecurityLevel } from '../../src/tls/cipher-list.ts';

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

  test('reaches OpenSSL whole, its first word included', () => {
    assert.equal(asOneWord('DEFAULT:!aNULL:@STRENGTH'), 'DEFAULT,!aNULL,@STRENGTH');
    assert.equal(asOneWord('TLS_A:HIGH'), ',TLS_A,HIGH');
    assert.equal(asOneWord('!TLS_A:HIGH'), ',!TLS_A,HIGH');
  });
});
