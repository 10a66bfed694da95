import assert from 'node:assert/strict';
import { isIP, isIPv4 } from 'node:net';
import { test } from 'node:test';
import {
  ipBytes,
  ipKey,
  ipText,
  ipVersion,
  ipv4Number,
  isEveryHost,
  numericIpv4,
  unmapped,
  withoutBrackets,
  withoutZone,
} from '../../src/address/ip.ts';

test('every address has one spelling', () => {
  const cases: [text: string, key: string | undefined][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    ['::1.2.3.4', '::1.2.3.4'],
    ['[::1]', undefined],
    ['192.0.2.256', undefined],
    ['127.1', undefined],
    ['0x7f.0.0.1', undefined],
    ['name', undefined],
    ['%eth0', undefined],
    ['fe80::1%a_device@1', 'fe80::1'],
    ['192.0.2.1%eth0', undefined],
    ['192.0.2.1%', undefined],
    ['', undefined],
  ];
  for (const [text, key] of cases) assert.equal(ipKey(text), key, text);
});

test('four decimal numbers are an IPv4 address where the runtime says so', () => {
  const parts = [
    '',
    '0',
    '00',
    '01',
    '1',
    '9',
    '10',
    '099',
    '100',
    '249',
    '255',
    '256',
    '999',
    '1000',
    'a',
    ' 1',
    '1 ',
    '-1',
    '+1',
    '1e1',
    '\u0661',
  ];
  for (const one of parts)
    for (const text of [
      `${one}.2.3.4`,
      `1.${one}.3.4`,
      `1.2.3.${one}`,
      `1.2.3.4${one}`,
      `1.2.3.4.${one}`,
      `${one}1.2.3.4`,
      `1.2.${one}`,
      one,
    ]) {
      assert.equal(ipVersion(text), isIP(text), text);
      assert.equal(ipv4Number(text) !== undefined, isIPv4(text), text);
    }
  assert.equal(ipv4Number('192.0.2.7'), 0xc0000207);
  assert.equal(ipv4Number('255.255.255.255'), 0xffffffff);
  assert.equal(ipv4Number('0.0.0.0'), 0);
});

test('gives the bytes of an address and reads them back', () => {
  const cases: [text: string, hex: string, back?: string][] = [
    ['192.0.2.7', 'c0000207'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['1::', `0001${'0'.repeat(28)}`],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
    ['::ffff:192.0.2.7', '00000000000000000000ffffc0000207'],
    ['64:ff9b::192.0.2.7', '0064ff9b0000000000000000c0000207', '64:ff9b::c000:207'],
    ['FE80::1%eth0', 'fe800000000000000000000000000001', 'fe80::1'],
  ];
  for (const [text, hex, back = text] of cases) {
    const bytes = ipBytes(text);
    assert.equal(bytes?.toString('hex'), hex, text);
    assert.equal(ipText(bytes), back, text);
  }
  for (const text of ['', 'a.test', '127.1', '1.2.3.4.', '[::1]', '1:2', '::1::']) assert.equal(ipBytes(text), undefined, text);
});

test('writes bytes that are no address in hexadecimal', () => {
  assert.equal(ipText(Buffer.from('0102030405', 'hex')), '0x0102030405');
  assert.equal(ipText(Buffer.alloc(0)), '0x');
});

test('reads numbers as inet_aton does', () => {
  const cases: [text: string, address: string | undefined][] = [
    ['127.0.0.1.', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0177.0x0.1', '127.0.0.1'],
    ['0x', '0.0.0.0'],
    ['127.0.0.08', 'malformed'],
    ['1.2.3.4.5', 'malformed'],
    ['a.7', 'malformed'],
    ['4294967296', 'malformed'],
    ['a.test', undefined],
    ['', undefined],
  ];
  for (const [text, address] of cases) assert.equal(numericIpv4(text), address, text);
});

test('takes mapped prefixes, zones and brackets away', () => {
  assert.equal(unmapped('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(unmapped('::ffff:1:2'), '::ffff:1:2');
  assert.equal(unmapped('2001:db8::1'), '2001:db8::1');
  assert.equal(withoutZone('fe80::1%a%b'), 'fe80::1');
  assert.equal(withoutBrackets('[::1]'), '::1');
  assert.equal(withoutBrackets('[::1'), '[::1');
});

test('four hosts stand for every address, and no other does', () => {
  for (const host of ['', '*', '0.0.0.0', '::']) assert.equal(isEveryHost(host), true, host);
  for (const host of ['127.0.0.1', '::1', '0.0.0.1', 'localhost', '[::]']) assert.equal(isEveryHost(host), false, host);
});
