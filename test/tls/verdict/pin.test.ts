/** Reading pins from files of every kind; matching is shown on handshakes in verify.test.ts. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import { indexLocal, loadPins, matchPin } from '../../../src/tls/verdict/pin.ts';
import { bundle, certificate, selfSigned } from '../../support/data/certificates.ts';
import { tempFolder } from '../../support/temp.ts';

test('a pin file may hold certificates, a public key or a private key, as PEM or DER', (t) => {
  const folder = tempFolder(t);
  const { x509, certFile, keyFile, pin } = certificate('server');
  const publicPem = join(folder, 'public.pem');
  writeFileSync(publicPem, x509.publicKey.export({ type: 'spki', format: 'pem' }));
  const publicDer = join(folder, 'public.der');
  writeFileSync(publicDer, x509.publicKey.export({ type: 'spki', format: 'der' }));
  const certificateDer = join(folder, 'certificate.der');
  writeFileSync(certificateDer, x509.raw);
  for (const path of [certFile, keyFile, publicPem, publicDer, certificateDer]) {
    assert.deepEqual([...loadPins([{ kind: 'file', path }])], [pin], path);
  }
});

test('every certificate of a file is a pin, and pins of several sources add up', () => {
  const two = bundle('two-pins', certificate('server').certFile, certificate('rsa').certFile);
  const pins = loadPins([
    { kind: 'file', path: two },
    { kind: 'sha256', digest: selfSigned().pin },
  ]);
  assert.deepEqual([...pins], [certificate('server').pin, certificate('rsa').pin, selfSigned().pin]);
  const facts = readCertificate(certificate('rsa').x509.raw);
  const other = readCertificate(certificate('client').x509.raw);
  assert.ok(facts !== undefined && other !== undefined);
  assert.equal(matchPin(facts, pins), true);
  assert.equal(matchPin(other, pins), false);
  assert.equal(matchPin(facts, new Set()), false);
});

test('a pin without its padding is the same pin', () => {
  const { pin } = certificate('server');
  assert.deepEqual([...loadPins([{ kind: 'sha256', digest: pin.replaceAll('=', '') }])], [pin]);
});

test('what cannot be a pin is named', (t) => {
  const folder = tempFolder(t);
  const junk = join(folder, 'junk');
  writeFileSync(junk, 'nothing of use');
  assert.throws(() => loadPins([{ kind: 'file', path: junk }]), {
    code: 'config_key_material',
    message: `pin = ${junk}: holds neither a certificate nor a public key; \`overcoat pin HOST:PORT --save FILE\` writes one`,
  });
  assert.throws(() => loadPins([{ kind: 'file', path: join(folder, 'none') }]), {
    message: /pin = .*none: No such file or directory; check/,
  });
  assert.throws(() => loadPins([{ kind: 'sha256', digest: 'AAAA' }]), {
    message: /^pin = sha256:AAAA: not the base64 of a SHA-256 digest/,
  });
});

test('local certificates are found by subject and key, and by every byte', () => {
  const local = indexLocal([certificate('server').x509, certificate('rsa').x509]);
  const facts = readCertificate(certificate('rsa').x509.raw);
  assert.ok(facts !== undefined);
  assert.equal(local.matches(certificate('rsa').x509, facts), true);
  assert.equal(local.matches(certificate('client').x509, facts), false, 'the key under another subject');
  assert.equal(local.contains(certificate('server').x509), true);
  assert.equal(local.contains(certificate('client').x509), false);
});
