/** What a service needs to start: certificates, trust, and the errors when something is missing. */
// Tests: src/tls/trust-fingerprint.ts
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareServiceTls } from '../../src/tls/service-tls.ts';
import { authority, certificate, encryptedKey, pkcs12 } from '../support/data/certificates.ts';
import { judgeClient } from '../support/overcoat/handshake.ts';
import type { Changes } from '../support/overcoat/service-config.ts';
import { serviceConfig } from '../support/overcoat/service-config.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const prepare = (changes: Changes, ask = (): string | undefined => undefined) => prepareServiceTls(serviceConfig(changes), ask);
const { certFile: cert, keyFile: key } = certificate('server');

test('a client needs nothing, a server a certificate', () => {
  assert.ok(prepare({}).endpoint);
  assert.throws(() => prepare({ mode: 'server' }), { code: 'config_key_material', message: /^TLS server needs a certificate/ });
  assert.ok(prepare({ mode: 'server', tls: { cert, key } }).endpoint);
});

test('verification needs trust, and says so', () => {
  for (const verify of [{ chain: true }, { peer: true }]) {
    assert.throws(() => prepare({ verify }), { message: /^Either "CAfile", "CApath" or "CAstore" has to be configured/ });
    assert.throws(() => prepare({ verify, trust: { caFile: '/absent.pem' } }), { message: /^CAfile = \/absent\.pem: No such file/ });
  }
  assert.ok(prepare({ trust: { caFile: '/absent.pem' } }), 'nobody verifies, nobody needs it');
});

test('key files that others can read are handed up', (t) => {
  const open = join(tempFolder(t), 'open.key');
  copyFileSync(key, open);
  chmodSync(open, 0o644);
  assert.deepEqual(prepare({ mode: 'server', tls: { cert, key: open } }).exposed, [open]);
  assert.deepEqual(prepare({ mode: 'server', tls: { cert, key } }).exposed, []);
});

test('what will end is handed up with its end', () => {
  const { expiries } = prepare({ mode: 'server', tls: { cert, key } });
  const expires = new X509Certificate(certificate('server').certificate).validToDate.getTime();
  assert.deepEqual(expiries, [{ of: 'certificate', name: expiries[0]?.name, expires }]);
  assert.match(expiries[0]?.name ?? '', /CN ?= ?localhost|^$/);
  assert.deepEqual(prepare({}).expiries, []);
});

test('an encrypted key and a PKCS#12 file serve real handshakes', { skip: requires({ packages: ['openssl'] }) }, async (t) => {
  const encrypted = prepare({ mode: 'server', tls: { cert, key: encryptedKey('pass') } }, () => 'pass');
  assert.equal((await judgeClient(t, encrypted, { ca: authority().certificate })).facts.protocol, 'TLSv1.3');
  const container = prepare({ mode: 'server', tls: { cert: pkcs12('pass') } }, () => 'pass');
  assert.equal((await judgeClient(t, container, { ca: authority().certificate })).facts.protocol, 'TLSv1.3');
});
