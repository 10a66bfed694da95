// Tests: src/openssl/context/supported-ciphers.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { certificate } from '../../support/data/certificates.ts';
import { clientService, serverService, serviceOf } from '../../support/overcoat/resolve-text.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const usable = (text: string): boolean => prepareServiceTls(serviceOf(text), () => undefined).endpoint.hasUsableCipher();
const client = (...lines: readonly string[]): boolean => usable(clientService(...lines));
const server = (cast: 'server' | 'rsa', ...lines: readonly string[]): boolean =>
  usable(serverService(`cert = ${certificate(cast).bothFile}`, ...lines));

suite('what is left of a cipher list', () => {
  test('of a client: what the security level lets through', () => {
    assert.equal(client(), true);
    assert.equal(client('ciphers = AES128-GCM-SHA256'), true);
    assert.equal(client('ciphers = eNULL'), false);
    assert.equal(client('ciphers = eNULL', 'securityLevel = 0'), true);
    assert.equal(client('ciphers = AES128-GCM-SHA256', 'securityLevel = 3'), false, 'no forward secrecy');
    assert.equal(client('ciphers = eNULL', 'sslVersionMax = TLSv1.2'), false, 'there is no hello at all');
  });

  test('of a client with a pre-shared key: only what works with it, and of one without nothing that needs it', (t) => {
    const { keys } = writeFiles(tempFolder(t), { keys: 'me:00112233445566778899aabbccddeeff\n' });
    assert.equal(client('ciphers = PSK-AES128-CBC-SHA', `PSKsecrets = ${keys}`), true);
    assert.equal(client('ciphers = PSK-AES128-CBC-SHA'), false);
  });

  test('of a server: what its key can do', () => {
    assert.equal(server('server'), true);
    assert.equal(server('server', 'ciphers = ECDHE-ECDSA-AES128-GCM-SHA256'), true);
    assert.equal(server('server', 'ciphers = ECDHE-RSA-AES128-GCM-SHA256'), false);
    assert.equal(server('rsa', 'ciphers = ECDHE-RSA-AES128-GCM-SHA256'), true);
    assert.equal(server('rsa', 'ciphers = eNULL'), false);
    assert.equal(server('rsa', 'ciphers = ECDHE-RSA-AES128-SHA', 'sslVersionMax = TLSv1.2', 'verify = 0'), true);
  });
});
