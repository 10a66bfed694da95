import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { weakCertificate } from '../../../src/tls/certificate/weak-certificate.ts';
import { certificate } from '../../support/data/certificates.ts';

const leafOf = (name: 'server' | 'rsa'): X509Certificate => new X509Certificate(certificate(name).certificate);

test('a key that is too short is said with what it has and what the level asks for', () => {
  const reason = 'ee key too small';
  assert.match(
    weakCertificate(reason, leafOf('rsa'), 3)?.problem ?? '',
    /^its key has 2048 bits, and security level 3 asks for 3072 bits \(RSA\) or 256 \(EC\)/,
  );
  assert.match(
    weakCertificate(reason, leafOf('server'), 4)?.problem ?? '',
    /^its key is on the curve prime256v1, and security level 4 asks for 7680 bits/,
  );
  assert.match(weakCertificate(reason, undefined, 2)?.problem ?? '', /^its key is too short, and security level 2/);
});

test('so are its authority and its digest, and nothing else', () => {
  assert.match(weakCertificate('ca key too small', undefined, 2)?.problem ?? '', /^the key of an authority in it is too short/);
  assert.match(weakCertificate('ca md too weak', undefined, 2)?.problem ?? '', /^a certificate in it is signed with a broken digest/);
  assert.equal(weakCertificate('key values mismatch', undefined, 2), undefined);
});
