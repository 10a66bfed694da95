import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mayBeRequest, parseRequestLine, readLine } from '../../src/names/text-lines.ts';

suite('lines of text protocols', () => {
  test('end with LF or CRLF', () => {
    const bytes = Buffer.from('one\r\ntwo\n\r\nrest');
    const first = readLine(bytes, 0);
    assert.deepEqual(first, { text: 'one', next: 5 });
    assert.deepEqual(readLine(bytes, 5), { text: 'two', next: 9 });
    assert.deepEqual(readLine(bytes, 9), { text: '', next: 11 });
    assert.equal(readLine(bytes, 11), undefined);
  });

  test('split into the three words of a request', () => {
    assert.deepEqual(parseRequestLine('GET /a b HTTP/1.1'), { method: 'GET', target: '/a b', version: 'HTTP/1.1' });
    for (const text of ['GET', 'GET /', 'GET  HTTP/1.1', ' / HTTP/1.1', '']) assert.equal(parseRequestLine(text), undefined, text);
  });

  test('begin like a request or do not', () => {
    for (const text of ['', 'G', 'GET', 'GET ', 'GET /', 'M-SEARCH * HT', 'GET /\r\nx\0y'])
      assert.equal(mayBeRequest(Buffer.from(text)), true, text);
    for (const text of ['get /', ' GET', '-GET ', 'GE1 ', 'GET /\0', `${'A'.repeat(25)}`, 'G\r']) {
      assert.equal(mayBeRequest(Buffer.from(text)), false, text);
    }
  });
});
