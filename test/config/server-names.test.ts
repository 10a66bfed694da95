import assert from 'node:assert/strict';
import { it } from 'node:test';
import { normalName, serverName } from '../../src/config/server-names.ts';

it('makes names comparable', () => {
  for (const [text, name] of [
    ['Example.ORG', 'example.org'],
    ['example.org.', 'example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['_sip.example.org', '_sip.example.org'],
    ['localhost', 'localhost'],
  ] as const) {
    assert.equal(normalName(text), name, text);
  }
});

it('refuses what is no host name', () => {
  const wrong = ['', '.', 'a..b', 'a b', 'a\u0000b', 'a/b', '*.example.org', 'x'.repeat(64), `${'a.'.repeat(127)}aa`, 'a:1'];
  for (const text of wrong) assert.equal(normalName(text), undefined, text);
});

it('refuses IP addresses as server names', () => {
  for (const text of ['192.0.2.1', '::1', '2001:db8::1']) assert.equal(serverName(text).ok, false, text);
});
