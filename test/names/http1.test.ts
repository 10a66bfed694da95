import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseHttp1 } from '../../src/names/http1.ts';
import { flightsOf } from '../support/data/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../support/data/recogniser-checks.ts';

const NAMED = 'http/1 www.example.org http/1.1';
const NAMELESS = 'http/1 no name http/1.1';

suite('HTTP/1.x', () => {
  for (const flight of flightsOf('http/1', 'connect')) {
    test(`${flight.file}: each prefix`, () => checkPrefixes(recogniseHttp1, flight));
    test(`${flight.file}: each split`, () => checkSplits(recogniseHttp1, flight));
  }

  const cases: [head: string, expected: string][] = [
    ['GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n', NAMED],
    ['GET / HTTP/1.1\nhOsT:www.example.org:80\n\n', NAMED],
    ['PROPFIND / HTTP/1.1\r\nA: b\r\nHost:   WWW.example.org.  \r\n\r\n', NAMED],
    ['GET http://www.example.org/ HTTP/1.1\r\nHost: other.example\r\n\r\n', NAMED],
    ['GET ws://www.example.org HTTP/1.1\r\n\r\n', NAMED],
    ['OPTIONS * HTTP/1.1\r\nHost: www.example.org\r\n\r\n', NAMED],
    ['GET /?u=http://other.example/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n', NAMED],
    ['GET / HTTP/1.0\r\nHost: www.example.org\r\n\r\n', 'http/1 www.example.org '],
    ['GET / HTTP/1.1\r\nHost: 192.0.2.7:8080\r\n\r\n', 'http/1 192.0.2.7 http/1.1'],
    ['GET / HTTP/1.1\r\nHost: [2001:db8::7]\r\n\r\n', 'http/1 2001:db8::7 http/1.1'],
    ['CONNECT www.example.org:443 HTTP/1.1\r\nHost: other.example\r\n\r\n', 'connect www.example.org http/1.1'],
    ['CONNECT / HTTP/1.1\r\nHost: other.example\r\n\r\n', 'connect no name http/1.1'],
    ['GET / HTTP/1.0\r\n\r\n', 'http/1 no name '],
    ['GET / HTTP/1.1\r\nX-Host: www.example.org\r\n\r\n', NAMELESS],
    ['GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n', NAMELESS],
    ['GET / HTTP/1.1\r\nHost: a.example\r\n b.example\r\n\r\n', NAMELESS],
    ['GET / HTTP/1.1\r\nHost:\r\n\r\n', NAMELESS],
    ['GET / HTTP/1.1\r\nHost: a.example\u001b[31m\r\n\r\n', NAMELESS],
    ['GET http:///x HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n', NAMELESS],
    ['POST /open/1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n', NAMELESS],
    ['GET / HTTP/1.1\r\nHost: www.example.org\r\n', 'need-more'],
    ['GET / HTTP/1.1\r\nHost: www.exam', 'need-more'],
    ['GET / RTSP/1.0\r\n\r\n', 'not-mine'],
    ['GET / HTTP/2.0\r\n\r\n', 'not-mine'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'not-mine'],
    ['HELLO\r\n', 'not-mine'],
  ];
  for (const [head, expected] of cases)
    test(JSON.stringify(head), () => assert.equal(summary(recogniseHttp1(Buffer.from(head))), expected));
});
