import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sslCommand } from '../../../src/config/values/ssl-commands.ts';

test('maps the commands whose effect the runtime can have', () => {
  for (const [text, value] of [
    ['MinProtocol:TLSv1.2', { kind: 'min-version', version: 'TLSv1.2' }],
    ['maxprotocol : tlsv1.3', { kind: 'max-version', version: 'TLSv1.3' }],
    ['MinProtocol:None', { kind: 'min-version', version: undefined }],
    ['Groups:X25519:P-256', { kind: 'groups', list: 'X25519:P-256' }],
    ['Curves:P-256', { kind: 'groups', list: 'P-256' }],
    ['CipherString:HIGH:!aNULL', { kind: 'ciphers', list: 'HIGH:!aNULL' }],
    ['Ciphersuites:TLS_AES_128_GCM_SHA256', { kind: 'ciphersuites', list: 'TLS_AES_128_GCM_SHA256' }],
    ['SignatureAlgorithms:RSA-PSS+SHA256', { kind: 'signature-algorithms', list: 'RSA-PSS+SHA256' }],
  ] as const) {
    assert.deepEqual(sslCommand(text), { ok: true, value }, text);
  }
});

test('reads Options as SSL_CONF_cmd does: most names set a bit, some clear one, a minus turns that round', () => {
  const ticket = 1n << 14n;
  const preference = 1n << 22n;
  assert.deepEqual(sslCommand('Options:-SessionTicket,ServerPreference'), {
    ok: true,
    value: { kind: 'options', change: { set: ticket | preference, clear: 0n } },
  });
  assert.deepEqual(sslCommand('Options:SessionTicket,-serverpreference'), {
    ok: true,
    value: { kind: 'options', change: { set: 0n, clear: ticket | preference } },
  });
  assert.deepEqual(sslCommand('Options:ServerPreference,-ServerPreference'), {
    ok: true,
    value: { kind: 'options', change: { set: 0n, clear: preference } },
  });
});

test("refuses the others in stunnel's words", () => {
  for (const [text, reason] of [
    ['Foo:bar', 'OpenSSL config command "Foo" was not recognised'],
    ['PrivateKey:x.pem', 'OpenSSL config command "PrivateKey" was not recognised'],
    ['__proto__:x', 'OpenSSL config command "__proto__" was not recognised'],
    ['MinProtocol', 'OpenSSL config command "MinProtocol" requires a parameter'],
    ['MinProtocol:SSLv3', 'Failed to initialize TLS context'],
    ['Options:Foo', 'Failed to initialize TLS context'],
  ] as const) {
    const parsed = sslCommand(text);
    assert.ok(!parsed.ok, text);
    assert.equal(parsed.stunnelText.split('\n')[0], reason, text);
  }
});
