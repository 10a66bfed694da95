import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSecretParts, hideStreamKey } from '../../src/text/secret-parts.ts';

test('the PIN of a URI, and query and login of a URL are hidden, and nothing else is', () => {
  for (const [text, shown] of [
    ['key = pkcs11:object=k?pin-value=1234&module-name=m', 'key = pkcs11:object=k?pin-value=***&module-name=m'],
    ['pkcs11:object=k?PIN-VALUE=1234', 'pkcs11:object=k?PIN-VALUE=***'],
    ['ocsp = http://joe:secret@ocsp.example/x', 'ocsp = http://***@ocsp.example/x'],
    ['pkcs11:object=k?pin-source=file:/etc/pin', 'pkcs11:object=k?pin-source=file:/etc/pin'],
    ['ocsp = http://ocsp.example/x', 'ocsp = http://ocsp.example/x'],
    ['CRLurl = http://a.example/list?token=secret', 'CRLurl = http://a.example/list?***'],
  ] as const) {
    assert.equal(
      hideSecretParts(text, () => '***'),
      shown,
    );
  }
});

test('of the URL of a stream nothing is shown behind the first part of its path', () => {
  for (const [url, shown] of [
    ['rtmp://a.example/live', 'rtmp://a.example/live'],
    ['rtmp://a.example:1935/live/', 'rtmp://a.example:1935/live/'],
    ['rtmps://a.example/live/key', 'rtmps://a.example/live/***'],
    ['rtmp://a.example/live?token=key', 'rtmp://a.example/live?***'],
    ['rtmp://a.example/live?token=a/b', 'rtmp://a.example/live?***'],
    ['rtmp://a.example/live/x?token=key', 'rtmp://a.example/live/***'],
    ['rtmp://a.example?key', 'rtmp://a.example?***'],
    ['rtmp://a.example', 'rtmp://a.example'],
    ['a.example/live/key', 'a.example/live/***'],
    ['auto', 'auto'],
    ['', ''],
  ] as const)
    assert.equal(
      hideStreamKey(url, () => '***'),
      shown,
    );
});
