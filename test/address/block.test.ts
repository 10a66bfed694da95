import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, contains, isWithin, maskedBlock, parsePrefix } from '../../src/address/block.ts';
import { ipBytes } from '../../src/address/ip.ts';

test('reads a block, or says what is wrong', () => {
  const cases: [text: string, read: unknown][] = [
    ['192.0.2.7', { address: '192.0.2.7', family: 4, bits: 32 }],
    ['10.0.0.0/8', { address: '10.0.0.0', family: 4, bits: 8 }],
    ['2001:DB8::/32', { address: '2001:db8::', family: 6, bits: 32 }],
    ['[::1]', { address: '::1', family: 6, bits: 128 }],
    ['[fe80::]/10', { address: 'fe80::', family: 6, bits: 10 }],
    ['::ffff:10.0.0.0/104', { address: '10.0.0.0', family: 4, bits: 8 }],
    ['::ffff:0:0/96', { address: '0.0.0.0', family: 4, bits: 0 }],
    ['::ffff:10.0.0.1', { address: '10.0.0.1', family: 4, bits: 32 }],
    ['0.0.0.0/0', { address: '0.0.0.0', family: 4, bits: 0 }],
    ['10.0.0.0/33', { why: 'no length' }],
    ['10.0.0.0/', { why: 'no length' }],
    ['10.0.0.0/8/8', { why: 'no length' }],
    ['10.0.0.0/1e1', { why: 'no length' }],
    ['::/129', { why: 'no length' }],
    ['10.1/16', { why: 'no address' }],
    ['a.test/8', { why: 'no address' }],
    ['/8', { why: 'no address' }],
    ['192.0.2.1%eth0', { why: 'no address' }],
  ];
  for (const [text, read] of cases) assert.deepEqual(parsePrefix(text), read, text);
});

test('knows what lies in a list of blocks, in any spelling', () => {
  const blocks = ['10.0.0.0/8', '192.0.2.7', '172.16.0.0/12', '2001:db8::/33', '::ffff:198.51.100.0/120'].map((text) => {
    const read = parsePrefix(text);
    assert.ok(!('why' in read), text);
    return read;
  });
  for (const inside of ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203', '192.0.2.7', '172.31.255.255', '2001:DB8:7fff::1', '198.51.100.9'])
    assert.equal(isWithin(inside, blocks), true, inside);
  for (const outside of ['11.0.0.1', '192.0.2.8', '172.32.0.0', '2001:db8:8000::', '::10.1.2.3', '198.51.101.1', 'a.test', '10.1', ''])
    assert.equal(isWithin(outside, blocks), false, outside);
});

test('keeps the families apart', () => {
  const all6 = [{ address: '::', family: 6, bits: 0 }] as const;
  assert.equal(isWithin('10.1.2.3', all6), false);
  assert.equal(isWithin('::ffff:10.1.2.3', all6), false);
  assert.equal(isWithin('::1', all6), true);
  assert.equal(isWithin('::1', [{ address: '0.0.0.0', family: 4, bits: 0 }]), false);
});

test('compares every bit of the prefix and none behind it', () => {
  for (let bits = 0; bits <= 32; bits++) {
    const wanted = block('170.85.170.85', bits);
    for (let flipped = 0; flipped < 32; flipped++) {
      const bytes = Buffer.from([170, 85, 170, 85]);
      bytes[flipped >> 3] = (bytes[flipped >> 3] ?? 0) ^ (0x80 >> (flipped & 7));
      assert.equal(contains(wanted, bytes), flipped >= bits, `/${bits}, bit ${flipped}`);
    }
  }
});

test('takes a mask with holes', () => {
  const odd = maskedBlock('10.0.0.1', '255.0.0.255');
  assert.equal(contains(odd, ipBytes('10.9.9.1') ?? Buffer.alloc(0)), true);
  assert.equal(contains(odd, ipBytes('10.9.9.2') ?? Buffer.alloc(0)), false);
});
