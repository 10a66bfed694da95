import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sourceKey, sourceText } from '../../src/address/source.ts';

suite('a source', () => {
  test('is an IPv4 address, mapped or not', () => {
    assert.deepEqual(sourceKey('::ffff:192.0.2.7'), sourceKey('192.0.2.7'));
    assert.deepEqual(sourceKey('192.0.2.7%eth0'), sourceKey('192.0.2.7'));
    assert.notDeepEqual(sourceKey('192.0.2.8'), sourceKey('192.0.2.7'));
    assert.equal(sourceText('::ffff:192.0.2.7'), '192.0.2.7');
  });

  test('is a network of 64 bits in IPv6, however its addresses are spelled', () => {
    assert.deepEqual(sourceKey('2001:db8:0:1::1'), sourceKey('2001:DB8:0:1:ffff:ffff:ffff:ffff'));
    assert.deepEqual(sourceKey('fe80::1%eth0'), sourceKey('fe80::2'));
    assert.notDeepEqual(sourceKey('2001:db8:0:1::1'), sourceKey('2001:db8:0:2::1'));
    assert.equal(sourceText('2001:db8:0:1:2:3:4:5'), '2001:db8:0:1::/64');
    assert.equal(sourceText('fe80::1%eth0'), 'fe80::/64');
  });

  test('of IPv4 is none of IPv6', () => {
    assert.notDeepEqual(sourceKey('127.0.0.1'), sourceKey('::127.0.0.1'));
    assert.notDeepEqual(sourceKey('0.0.0.0'), sourceKey('::'));
  });

  test('is an address', () => {
    for (const text of ['', 'localhost', '1.2.3', '/run/some.sock']) assert.equal(sourceKey(text), undefined, text);
  });
});
