import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { suite, test } from 'node:test';
import { isLocalAddress } from '../../../src/linux/network/local-addresses.ts';

suite("this machine's addresses", () => {
  for (const address of [
    '127.0.0.1',
    '127.9.8.7',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:127.3.2.1',
    '0.0.0.0',
    '::',
    '::ffff:0.0.0.0',
    '0:0::1',
    '::ffff:7f00:1',
  ])
    test(`include ${address}`, () => assert.equal(isLocalAddress(address), true));

  for (const address of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '169.254.169.254', 'fe80::dead:beef%nosuch0'])
    test(`do not include ${address}`, () => assert.equal(isLocalAddress(address), false));

  test('include those of every interface, mapped too', () => {
    const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    assert.ok(own.length > 0);
    for (const { address, family } of own) {
      assert.equal(isLocalAddress(address), true, address);
      if (family === 'IPv4') assert.equal(isLocalAddress(`::ffff:${address}`), true, address);
    }
  });
});
