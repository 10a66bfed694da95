/** Stores by their URI. Of the schemes only `file:` is in every library; test/peers/pkcs11.test.ts has a token. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { C } from '../../../src/openssl/library/library.ts';
import { certificatesOfUri, keyOfUri } from '../../../src/openssl/material/uri-store.ts';
import { bundle, certificate, chainedCertificate } from '../../support/data/certificates.ts';
import { tempFolder } from '../../support/temp.ts';

test('certificates come in their order, a key is found among them', () => {
  const { certFile, keyFile } = chainedCertificate();
  const file = bundle('of-a-store', certFile, keyFile, certificate('server').certFile);
  const names = certificatesOfUri(`file:${file}`).map((der) => new X509Certificate(der).fingerprint256);
  const server = new X509Certificate(certificate('server').certificate).fingerprint256;
  assert.ok(names.length > 2 && names.at(-1) === server, String(names));
  C.EVP_PKEY_free(keyOfUri(`file:${file}`));
});

test('what is not there is an error, and so is a scheme that nobody knows', (t) => {
  const { certFile, keyFile } = certificate('server');
  assert.throws(() => certificatesOfUri(`file:${keyFile}`), { name: 'OpensslError' });
  assert.throws(() => keyOfUri(`file:${certFile}`), { name: 'OpensslError' });
  assert.throws(() => certificatesOfUri(`file:${join(tempFolder(t), 'none')}`), { name: 'OpensslError' });
  assert.throws(() => certificatesOfUri('pkcs11:object=x'), { name: 'OpensslError' });
});
