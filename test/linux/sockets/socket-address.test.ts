import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeSocketAddress, encodeSocketAddress } from '../../../src/linux/sockets/socket-address.ts';

const V4_BYTES = '02000050c0000201' + '0000000000000000';
const V6_BYTES = '0a0001bb00000000' + '20010db8000000000000000000000001' + '00000000';

suite('socket addresses', () => {
  test('writes the IPv4 layout', () => {
    const bytes = encodeSocketAddress({ address: '192.0.2.1', port: 80 });
    assert.equal(Buffer.from(bytes).toString('hex'), V4_BYTES);
  });

  test('writes the IPv6 layout', () => {
    const bytes = encodeSocketAddress({ address: '2001:db8::1', port: 443 });
    assert.equal(Buffer.from(bytes).toString('hex'), V6_BYTES);
  });

  test('reads the IPv4 layout from a buffer large enough for either', () => {
    const bytes = Buffer.concat([Buffer.from(V4_BYTES, 'hex'), Buffer.alloc(12)]);
    assert.deepEqual(decodeSocketAddress(bytes), { address: '192.0.2.1', port: 80 });
  });

  test('reads the IPv6 layout in its short spelling', () => {
    assert.deepEqual(decodeSocketAddress(Buffer.from(V6_BYTES, 'hex')), { address: '2001:db8::1', port: 443 });
  });

  for (const address of ['::', '::1', '1::', '2001:db8:1:2:3:4:5:6', '2001:db8::5:0:0:1', 'fe80::1', '10.0.0.255', '0.0.0.0'])
    test(`gives ${address} back`, () => {
      assert.deepEqual(decodeSocketAddress(encodeSocketAddress({ address, port: 65535 })), { address, port: 65535 });
    });

  test('reads a mapped address as the IPv4 address it is', () => {
    const bytes = encodeSocketAddress({ address: '::ffff:192.0.2.7', port: 1 });
    assert.equal(bytes.length, 28);
    assert.deepEqual(decodeSocketAddress(bytes), { address: '192.0.2.7', port: 1 });
  });

  test('refuses what is neither layout', () => {
    assert.equal(decodeSocketAddress(new Uint8Array(0)), undefined);
    assert.equal(decodeSocketAddress(new Uint8Array(28)), undefined);
    assert.equal(decodeSocketAddress(Buffer.from(V6_BYTES, 'hex').subarray(0, 20)), undefined);
  });
});
