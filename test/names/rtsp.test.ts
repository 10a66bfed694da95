import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseRtsp } from '../../src/names/rtsp.ts';
import { flightsOf } from '../support/data/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../support/data/recogniser-checks.ts';

suite('RTSP', () => {
  for (const flight of flightsOf('rtsp')) {
    test(`${flight.file}: each prefix`, () => checkPrefixes(recogniseRtsp, flight));
    test(`${flight.file}: each split`, () => checkSplits(recogniseRtsp, flight));
  }

  const cases: [head: string, expected: string][] = [
    ['DESCRIBE rtsp://cam.example.org/a b RTSP/1.0\r\n', 'rtsp cam.example.org '],
    ['SETUP rtsps://cam.example.org:322/x RTSP/2.0\r\n', 'rtsp cam.example.org '],
    ['OPTIONS rtsp://[2001:db8::7]:554 RTSP/1.0\r\n', 'rtsp 2001:db8::7 '],
    ['OPTIONS * RTSP/1.0\r\n', 'rtsp no name '],
    ['OPTIONS rtsp:///x RTSP/1.0\r\n', 'rtsp no name '],
    ['OPTIONS * HTTP/1.1\r\n', 'not-mine'],
    ['OPTIONS rtsp://cam.exam', 'need-more'],
    ['options rtsp://cam/ RTSP/1.0\r\n', 'not-mine'],
  ];
  for (const [head, expected] of cases) test(JSON.stringify(head), () => assert.equal(summary(recogniseRtsp(Buffer.from(head))), expected));
});
