import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import { suite, test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { SSL_OPTIONS, sslOption } from '../../../src/config/values/ssl-options.ts';

suite('the names of options', () => {
  test("agree with every SSL_OP constant of the runtime's OpenSSL", () => {
    const exported = Object.entries(constants).filter(([name]) => name.startsWith('SSL_OP_'));
    assert.ok(exported.length > 15, 'the runtime exports some');
    for (const [name, bits] of exported) assert.equal(SSL_OPTIONS.get(name.slice('SSL_OP_'.length)), BigInt(bits), name);
  });

  test('are those stunnel lists', () => {
    // `stunnel -options` of stunnel 5.68 with OpenSSL 3.
    const listed =
      'ALL ALLOW_CLIENT_RENEGOTIATION ALLOW_NO_DHE_KEX ALLOW_UNSAFE_LEGACY_RENEGOTIATION CIPHER_SERVER_PREFERENCE CISCO_ANYCONNECT ' +
      'CLEANSE_PLAINTEXT COOKIE_EXCHANGE CRYPTOPRO_TLSEXT_BUG DISABLE_TLSEXT_CA_NAMES DONT_INSERT_EMPTY_FRAGMENTS ENABLE_KTLS ' +
      'ENABLE_MIDDLEBOX_COMPAT EPHEMERAL_RSA IGNORE_UNEXPECTED_EOF LEGACY_SERVER_CONNECT MICROSOFT_BIG_SSLV3_BUFFER ' +
      'MICROSOFT_SESS_ID_BUG MSIE_SSLV2_RSA_PADDING NETSCAPE_CA_DN_BUG NETSCAPE_CHALLENGE_BUG NETSCAPE_DEMO_CIPHER_CHANGE_BUG ' +
      'NETSCAPE_REUSE_CIPHER_CHANGE_BUG NO_ANTI_REPLAY NO_COMPRESSION NO_DTLS_MASK NO_DTLSv1 NO_DTLSv1_2 NO_ENCRYPT_THEN_MAC ' +
      'NO_EXTENDED_MASTER_SECRET NO_QUERY_MTU NO_RENEGOTIATION NO_SESSION_RESUMPTION_ON_RENEGOTIATION NO_SSL_MASK NO_SSLv2 NO_SSLv3 ' +
      'NO_TICKET NO_TLSv1 NO_TLSv1_1 NO_TLSv1_2 NO_TLSv1_3 PKCS1_CHECK_1 PKCS1_CHECK_2 PRIORITIZE_CHACHA SAFARI_ECDHE_ECDSA_BUG ' +
      'SINGLE_DH_USE SINGLE_ECDH_USE SSLEAY_080_CLIENT_DH_BUG SSLREF2_REUSE_CERT_TYPE_BUG TLSEXT_PADDING TLS_BLOCK_PADDING_BUG ' +
      'TLS_D5_BUG TLS_ROLLBACK_BUG';
    for (const name of listed.split(' ')) assert.ok(SSL_OPTIONS.has(name), name);
  });

  test('are accepted by the runtime, beyond 32 bits too', () => {
    for (const [name, bits] of SSL_OPTIONS) assert.ok(createSecureContext({ secureOptions: Number(bits) }), name);
  });
});

suite('sslOption', () => {
  test('sets, clears with a minus, in any case', () => {
    assert.deepEqual(sslOption('no_ticket'), { ok: true, value: { set: 16384n, clear: 0n } });
    assert.deepEqual(sslOption('-NO_SSLv3'), { ok: true, value: { set: 0n, clear: 0x2000000n } });
  });

  test('refuses other names', () => {
    for (const wrong of ['', '-', 'FOO', 'SSL_OP_NO_TICKET', '--NO_TICKET', '__proto__']) {
      const parsed = sslOption(wrong);
      assert.ok(!parsed.ok, wrong);
      assert.equal(parsed.stunnelText, 'Illegal TLS option');
    }
  });
});
