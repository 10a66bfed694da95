import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownSuites } from '../../../src/config/resolve/algorithms.ts';
import { clientService, resolveText, serviceOf } from '../../support/overcoat/resolve-text.ts';

const errorsOf = (...lines: readonly string[]) => resolveText(clientService(...lines)).errors;

test('lets OpenSSL judge the lists', () => {
  for (const line of [
    'ciphers = ECDHE+AESGCM:!SHA1',
    'ciphers = ECDHE-RSA-AES128-GCM-SHA256,ECDHE-ECDSA-AES128-GCM-SHA256',
    'curves = P-256:X25519',
    'curve = prime256v1',
    'curves = X25519MLKEM768',
    'ciphersuites = TLS_CHACHA20_POLY1305_SHA256',
    'config = SignatureAlgorithms:RSA-PSS+SHA256:ECDSA+SHA384',
  ]) {
    assert.deepEqual(errorsOf(line), [], line);
  }
});

test("says what OpenSSL does not know in stunnel's words, with the line", () => {
  for (const [line, first] of [
    ['ciphers = FOO', 'SSL_CTX_set_cipher_list: error:0A0000B9:SSL routines::no cipher match'],
    ['ciphersuites = FOO', 'SSL_CTX_set_ciphersuites: error:0A0000B9:SSL routines::no cipher match'],
    ['curves = FOO', "Invalid groups list in 'curves'"],
    ['curves = X25519:FOO', "Invalid groups list in 'curves'"],
    ['config = SignatureAlgorithms:FOO', 'SSL_CONF_cmd: error:0A000180:SSL routines::bad value'],
  ] as const) {
    const [problem] = errorsOf(line);
    assert.equal(problem?.line, 5, line);
    const lines = problem?.stunnelText.split('\n') ?? [];
    assert.equal(lines[0], first);
    assert.equal(lines.at(-1), 'Service [s]: Failed to initialize TLS context');
  }
});

test('says which suites of TLS 1.3 stand in the other list, and goes on where a cipher remains', () => {
  const mixed = resolveText(clientService('ciphers = TLS_AES_128_GCM_SHA256:HIGH', 'verify = 4', 'CAfile = x'));
  assert.deepEqual(mixed.errors, []);
  assert.deepEqual(
    mixed.warnings.map((problem) => problem.text),
    ['left out: TLS_AES_128_GCM_SHA256 belongs into ciphersuites'],
  );
  const [problem] = errorsOf('ciphers = TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384');
  assert.match(problem?.text ?? '', /^TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 belong into ciphersuites/);
  assert.deepEqual(errorsOf('ciphers = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'), [], 'a name of TLS 1.2');
});

test('says which commands a list may hold', () => {
  for (const list of ['HIGH:@SECLEVEL=7', 'HIGH:@BOGUS']) {
    const [problem] = errorsOf(`ciphers = ${list}`);
    assert.match(problem?.text ?? '', /its commands are @STRENGTH and @SECLEVEL=0 to @SECLEVEL=5/);
    assert.equal(problem?.stunnelText.split('\n')[0], 'SSL_CTX_set_cipher_list: error:0A000118:SSL routines::invalid command');
  }
});

test('leaves unknown suites out aloud, as long as a known one remains', () => {
  const text = clientService('ciphersuites = TLS_NEW:TLS_AES_128_GCM_SHA256', 'verify = 4', 'CAfile = x');
  assert.equal(serviceOf(text).tls.ciphersuites, 'TLS_AES_128_GCM_SHA256');
  assert.deepEqual(
    resolveText(text).warnings.map((problem) => problem.text),
    ['unknown and left out: TLS_NEW'],
  );
  assert.equal(knownSuites('a::TLS_AES_128_GCM_SHA256'), 'TLS_AES_128_GCM_SHA256');
});
