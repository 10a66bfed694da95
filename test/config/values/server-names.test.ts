import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverName } from '../../../src/config/values/server-names.ts';

test('takes a host name in the form in which it is sent and compared', () => {
  assert.deepEqual(serverName('Bücher.example.'), { ok: true, value: 'xn--bcher-kva.example' });
});

test('refuses what is no host name, with the reason', () => {
  for (const [text, reason] of [
    ['a/b', '"a/b" is not a host name: it holds "/"'],
    ['*.example.org', '"*.example.org" is not a host name: it holds "*"'],
    ['192.0.2.1', '"192.0.2.1" is not a host name: it is an IP address; addresses are never sent, use checkIP to verify one'],
    ['::1', '"::1" is not a host name: it is an IP address; addresses are never sent, use checkIP to verify one'],
    ['127.1', '"127.1" is not a host name: it ends in a number, as only an address does'],
  ] as const) {
    const parsed = serverName(text);
    assert.equal(parsed.ok ? parsed.value : parsed.text, reason);
  }
});
