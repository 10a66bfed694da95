import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseRtmp } from '../../../src/names/rtmp/recognise.ts';
import { flightsOf } from '../../support/data/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../../support/data/recogniser-checks.ts';
import { chunked, connectPayload, HANDSHAKE, message } from '../../support/data/rtmp-bytes.ts';

suite('RTMP', () => {
  for (const flight of flightsOf('rtmp')) {
    test(`${flight.file}: each prefix`, () => checkPrefixes(recogniseRtmp, flight));
    test(`${flight.file}: each split`, () => checkSplits(recogniseRtmp, flight));
  }

  const connect = (fields: Record<string, string>): Buffer =>
    Buffer.concat([HANDSHAKE, chunked([message({ payload: connectPayload(fields) })])]);
  const cases: [name: string, bytes: Buffer, expected: string][] = [
    ['host and port', connect({ tcUrl: 'rtmp://Live.example.org:1935/app' }), 'rtmp live.example.org '],
    ['another scheme', connect({ tcUrl: 'rtmps://live.example.org/app' }), 'rtmp live.example.org '],
    ['user and password', connect({ tcUrl: 'rtmp://u:p@live.example.org/app' }), 'rtmp live.example.org '],
    ['IPv6', connect({ tcUrl: 'rtmp://[2001:db8::7]:1935/app' }), 'rtmp 2001:db8::7 '],
    ['no tcUrl', connect({ app: 'live' }), 'rtmp no name '],
    ['empty tcUrl', connect({ tcUrl: '' }), 'rtmp no name '],
    ['tcUrl without a host', connect({ tcUrl: 'rtmp:///app' }), 'rtmp no name '],
    ['tcUrl with a strange host', connect({ tcUrl: 'rtmp://127.1/app' }), 'rtmp no name '],
    [
      'another command first',
      Buffer.concat([HANDSHAKE, chunked([message({ payload: connectPayload({}, 'createStream') })])]),
      'rtmp no name ',
    ],
    ['no command but noise', Buffer.concat([HANDSHAKE, chunked([message({ payload: Buffer.from('ff', 'hex') })])]), 'rtmp no name '],
    [
      'an AMF3 command',
      Buffer.concat([
        HANDSHAKE,
        chunked([message({ type: 17, payload: Buffer.concat([Buffer.of(0), connectPayload({ tcUrl: 'rtmp://a.example/' })]) })]),
      ]),
      'rtmp a.example ',
    ],
    ['a chunk that continues nothing', Buffer.concat([HANDSHAKE, Buffer.of(0xc3)]), 'rtmp no name '],
    ['encrypted, type 8', Buffer.from('08000000000a002d02', 'hex'), 'rtmp no name '],
    ['a 6 that is no RTMPE', Buffer.from('060000000000000000', 'hex'), 'not-mine'],
    ['RDP', Buffer.from('030000130ee000000000000100080003000000', 'hex'), 'not-mine'],
    ['nothing', Buffer.alloc(0), 'need-more'],
    ['another first byte', Buffer.of(4), 'not-mine'],
  ];
  for (const [name, bytes, expected] of cases) test(name, () => assert.equal(summary(recogniseRtmp(bytes)), expected));
});
