import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addressKey } from '../../src/address/ip.ts';

it('every address has one spelling', () => {
  const cases: [text: string, key: string | undefined][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    ['192.0.2.256', undefined],
    ['name', undefined],
    ['', undefined],
  ];
  for (const [text, key] of cases) assert.equal(addressKey(text), key, text);
});
