/** The conversations of the PROXY protocol. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptProxyHeader, proxyServer } from '../../src/protocols/proxy.ts';
import { client, dials, endOf, input, play, tls, toUpstream } from '../support/overcoat/transcript.ts';

test('protocol = proxy: version 1 to the backend, once the client was accepted', () => {
  play(proxyServer(input()), [tls('client'), dials(), toUpstream('PROXY TCP4 192.0.2.1 198.51.100.1 40001 443\r\n')]);
  play(proxyServer(input({}, { client: undefined })), [tls('client'), dials(), toUpstream('PROXY UNKNOWN\r\n')]);
});

test('proxyAccept: the header, and nothing behind it', () => {
  const { end, unread } = play(acceptProxyHeader(), [client('PROXY TCP4 192.0.2.1 198.51.100.1 40001 443\r\n\x16\x03\x01')]);
  assert.equal(end, 'done');
  assert.equal(unread.client, '\x16\x03\x01');
});

test('proxyAccept: missing or malformed', () => {
  assert.match(endOf(play(acceptProxyHeader(), [client('\x16\x03\x01')])), /no PROXY header/);
  assert.match(endOf(play(acceptProxyHeader(), [client('PROXY TCP4 x y 1 2\r\n')])), /proxy_header/);
});
