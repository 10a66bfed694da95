import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseSocks } from '../../src/names/socks.ts';
import { flightsOf } from '../support/data/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../support/data/recogniser-checks.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

suite('SOCKS', () => {
  for (const flight of flightsOf('socks')) {
    test(`${flight.file}: each prefix`, () => checkPrefixes(recogniseSocks, flight));
    test(`${flight.file}: each split`, () => checkSplits(recogniseSocks, flight));
  }

  const cases: [name: string, bytes: Buffer, expected: string][] = [
    ['4, address', hex('04010050c000020700'), 'socks 192.0.2.7 '],
    ['4, with a user', Buffer.concat([hex('04010050c0000207'), Buffer.from('me\0')]), 'socks 192.0.2.7 '],
    ['4a, name', Buffer.concat([hex('0401005000000001'), Buffer.from('\0a.example\0')]), 'socks a.example '],
    ['4a, no end', Buffer.concat([hex('040100500000000100'), Buffer.alloc(300, 0x61)]), 'socks no name '],
    ['4a, empty name', hex('04010050000000010000'), 'socks no name '],
    ['4, 0.0.0.0 is an address', hex('040100500000000000'), 'socks 0.0.0.0 '],
    ['4, user without end', Buffer.concat([hex('04010050c0000207'), Buffer.alloc(300, 0x61)]), 'not-mine'],
    ['4, no such command', hex('04090050c000020700'), 'not-mine'],
    ['5, IPv4', hex('05010005010001c00002070050'), 'socks 192.0.2.7 '],
    ['5, IPv6', hex('0501000501000420010db80000000000000000000000070050'), 'socks 2001:db8::7 '],
    ['5, name', Buffer.concat([hex('050200010501000309'), Buffer.from('a.example\0\0')]), 'socks a.example '],
    ['5, name with a NUL', Buffer.concat([hex('050100050100030a'), Buffer.from('a.\0example\0\0')]), 'socks no name '],
    ['5, unknown address type', hex('0501000501000901'), 'socks no name '],
    ['5, not a request', hex('0501000401000101'), 'socks no name '],
    ['5, only a password', hex('050102'), 'socks no name '],
    ['5, no methods', hex('0500'), 'not-mine'],
    ['5, the greeting alone', hex('050100'), 'need-more'],
  ];
  for (const [name, bytes, expected] of cases) test(name, () => assert.equal(summary(recogniseSocks(bytes)), expected));

  test('the proxy is asked what the client was answered, and must say the same', () => {
    const recognition = recogniseSocks(hex('05020001'));
    assert.ok(recognition.kind === 'need-more' && recognition.answer !== undefined);
    const { bytes, exchange } = recognition.answer;
    assert.deepEqual([...bytes], [5, 0]);
    assert.deepEqual([...exchange.opening], [5, 2, 0, 1]);
    assert.equal(exchange.skip, 4);
    assert.equal(exchange.replyBytes, 2);
    assert.deepEqual(exchange.next(Uint8Array.of(5, 0)), new Uint8Array(0));
    for (const refusal of [
      [5, 1],
      [5, 0xff],
      [4, 0],
    ])
      assert.equal(exchange.next(Uint8Array.from(refusal)), undefined);
  });
});
