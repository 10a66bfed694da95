/** Facts read from real certificates, compared with what OpenSSL (through Node) and asn1js say of the same bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBER, Sequence } from 'asn1js';
import { extension } from '../../../src/demo/throwaway-authority.ts';
import { KEY_USAGE, readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import { authority, certificate, selfSigned } from '../../support/data/certificates.ts';
import { createSelfSigned } from '../../support/data/self-signed.ts';

const ALL = [certificate('server'), certificate('client'), certificate('rsa'), certificate('ed25519'), authority(), selfSigned()];

test('the public key is the one OpenSSL exports', () => {
  for (const { x509 } of ALL) {
    const facts = readCertificate(x509.raw);
    assert.ok(facts !== undefined);
    assert.ok(facts.publicKeyInfo.equals(x509.publicKey.export({ type: 'spki', format: 'der' })));
    assert.ok(facts.publicKeyInfo.subarray(-facts.publicKeyBits.length).equals(facts.publicKeyBits));
  }
});

test('fields agree with a general ASN.1 library', () => {
  for (const { x509 } of ALL) {
    const facts = readCertificate(x509.raw);
    const whole = fromBER(x509.raw).result;
    assert.ok(whole instanceof Sequence && facts !== undefined);
    const [toBeSigned] = whole.valueBlock.value;
    assert.ok(toBeSigned instanceof Sequence);
    const [, , signature, issuer, , subject] = toBeSigned.valueBlock.value;
    assert.ok(signature instanceof Sequence);
    assert.deepEqual(facts.issuer, Buffer.from(issuer!.toBER()));
    assert.deepEqual(facts.subject, Buffer.from(subject!.toBER()));
    assert.equal(facts.signatureAlgorithm, Buffer.from(signature.valueBlock.value[0]!.toBER()).subarray(2).toString('hex'));
  }
});

test('names, usages and flags', () => {
  const server = readCertificate(certificate('server').x509.raw);
  assert.deepEqual(
    server?.names.dns.map((name) => name.toString()),
    ['localhost'],
  );
  assert.deepEqual(
    server.names.addresses.map((address) => address.toString('hex')),
    ['7f000001', `${'00'.repeat(15)}01`],
  );
  assert.deepEqual(server.extendedKeyUsage, ['2b06010505070301', '2b06010505070302']);
  assert.equal(server.version, 3);
  assert.equal(server.authority, false);
  assert.equal(server.keyUsage, undefined);
  const root = readCertificate(authority().x509.raw);
  assert.equal(root?.authority, true);
  assert.notEqual((root.keyUsage ?? 0) & KEY_USAGE.keyCertSign, 0);
  assert.equal((root.keyUsage ?? 0) & KEY_USAGE.digitalSignature, 0);
  assert.equal(root.unknownCritical, false);
});

test('an extension that stands twice makes the certificate malformed', () => {
  const twice = extension('1.2.3.4', false, Buffer.of(5, 0));
  assert.equal(readCertificate(createSelfSigned({ extensions: [twice, twice] }).x509.raw), undefined);
});

test('a critical extension nobody knows is told, a known one is not', () => {
  const unknown = createSelfSigned({ extensions: [extension('1.2.3.4', true, Buffer.of(5, 0))] });
  assert.equal(readCertificate(unknown.x509.raw)?.unknownCritical, true);
  const harmless = createSelfSigned({ extensions: [extension('1.2.3.4', false, Buffer.of(5, 0))] });
  assert.equal(readCertificate(harmless.x509.raw)?.unknownCritical, false);
});
