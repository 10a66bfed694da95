import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { plainTextOf } from '../../../src/tls/verdict/plain-text.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

suite('what a peer speaks that does not speak TLS', () => {
  for (const [opening, protocol, option] of [
    ['HTTP/1.1 400 Bad Request', 'HTTP', ''],
    ['SSH-2.0-x', 'SSH', ''],
    ['220 mail ESMTP', 'SMTP', 'smtp'],
    ['220-first line', 'SMTP or FTP', 'smtp'],
    ['220 FTP server', 'FTP', ''],
    ['* OK IMAP4', 'IMAP', 'imap'],
    ['+OK ready', 'POP3', 'pop3'],
    ['200 news', 'NNTP', 'nntp'],
    ['"IMPLEMENTATION" "x"', 'ManageSieve', 'sieve'],
    ["<?xml version='1.0'?>", 'XMPP', 'xmpp'],
    ['RTSP/1.0 400', 'RTSP', ''],
    ['\x03\0\0\0\0', 'RTMP', ''],
    ['\x4a\0\0\0\x0a8.0', 'MySQL', ''],
    ['PROXY TCP4', 'the PROXY protocol', ''],
    ['anything', '', ''],
  ] as const) {
    test(`${JSON.stringify(opening)}: ${protocol === '' ? 'nobody knows' : protocol}`, () => {
      assert.deepEqual(plainTextOf(bytes(opening)), { protocol, option });
    });
  }

  test('TLS is none of it, nor is what is too short to tell', () => {
    for (const opening of ['', '\x16', '\x16\x03\x01\x02', '\x15\x03\x03\0\x02\x02\x70', '\x03']) {
      const found = plainTextOf(bytes(opening));
      if (opening === '\x03') assert.deepEqual(found, { protocol: '', option: '' });
      else assert.equal(found, undefined, JSON.stringify(opening));
    }
  });

  test('any bytes whatever give an answer', () => {
    for (let first = 0; first < 256; first += 1) plainTextOf(Buffer.from([first, 255, 0, 0, 10]));
  });
});
