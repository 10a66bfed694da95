/** stunnel's patterns for virtual services, after names were made foldedName: letter case and one trailing dot count for nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldedName } from '../../../src/address/host-name.ts';
import { matchesPattern } from '../../../src/tls/certificate/server-name-pattern.ts';

test('names and patterns', () => {
  const cases: readonly (readonly [name: string, pattern: string, matched: boolean])[] = [
    ['a.test', 'a.test', true],
    ['A.TEST', 'a.test', true],
    ['a.test.', 'a.test', true],
    ['a.test', 'A.TEST.', true],
    ['a.test..', 'a.test', false],
    ['b.test', 'a.test', false],
    ['b.a.test', '*.a.test', true],
    ['c.b.a.test', '*.a.test', true],
    ['B.A.TEST.', '*.a.test', true],
    ['.a.test', '*.a.test', true],
    ['a.test', '*.a.test', false],
    ['xa.test', '*a.test', true],
    ['a.test', '*a.test', true],
    ['anything', '*', true],
    ['', '*', true],
    ['a.test', 'a.*', false],
    ['a*', 'a*', true],
    ['a.test.evil', 'a.test', false],
    ['a.test\0', 'a.test', false],
  ];
  for (const [name, pattern, matched] of cases) {
    assert.equal(matchesPattern(foldedName(name), pattern), matched, `${JSON.stringify(name)} and ${pattern}`);
  }
});
