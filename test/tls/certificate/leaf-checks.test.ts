/** Dates, purpose and strength of a leaf, without OpenSSL's help. */
// Tests: src/tls/certificate/der-writer.ts
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { CertificateRequest } from '../../../src/demo/throwaway-authority.ts';
import { extension } from '../../../src/demo/throwaway-authority.ts';
import { readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import { bitString } from '../../../src/tls/certificate/der-writer.ts';
import type { PeerRole } from '../../../src/tls/certificate/leaf-checks.ts';
import { checkDates, checkLeaf, keyStrength } from '../../../src/tls/certificate/leaf-checks.ts';
import { createSelfSigned } from '../../support/data/self-signed.ts';

function check(request: CertificateRequest, role: PeerRole, level = 2, now = new Date()): string | undefined {
  const { x509 } = createSelfSigned(request);
  const facts = readCertificate(x509.raw);
  assert.ok(facts !== undefined);
  return checkLeaf(x509, facts, role, level, now);
}

test('purposes', async (t) => {
  const cases: readonly (readonly [CertificateRequest['usages'], PeerRole, string | undefined])[] = [
    [[], 'server', undefined],
    [[], 'client', undefined],
    [['serverAuth'], 'server', undefined],
    [['serverAuth'], 'client', 'INVALID_PURPOSE'],
    [['clientAuth'], 'client', undefined],
    [['clientAuth'], 'server', 'INVALID_PURPOSE'],
    [['serverAuth', 'clientAuth'], 'client', undefined],
    [['codeSigning'], 'server', 'INVALID_PURPOSE'],
    [['emailProtection', 'ocspSigning'], 'client', 'INVALID_PURPOSE'],
  ];
  for (const [usages = [], role, problem] of cases) {
    await t.test(`${usages.join(' ')} as ${role}`, () => assert.equal(check({ usages }, role), problem));
  }
});

test('key usage', () => {
  const usage = (byte: number) => ({ usages: [], extensions: [extension('2.5.29.15', true, bitString(Buffer.of(byte), 0))] });
  assert.equal(check(usage(0x80), 'client'), undefined, 'digitalSignature');
  assert.equal(check(usage(0x20), 'server'), undefined, 'keyEncipherment');
  assert.equal(check(usage(0x20), 'client'), 'INVALID_PURPOSE', 'a client has to sign');
  assert.equal(check(usage(0x04), 'server'), 'INVALID_PURPOSE', 'keyCertSign alone');
});

test('dates, at the second', () => {
  const notBefore = new Date('2030-01-01T00:00:00Z');
  const notAfter = new Date('2030-02-01T00:00:00Z');
  const facts = readCertificate(createSelfSigned({ notBefore, notAfter }).x509.raw);
  assert.ok(facts !== undefined);
  assert.equal(checkDates(facts, new Date('2029-12-31T23:59:59Z')), 'CERT_NOT_YET_VALID');
  assert.equal(checkDates(facts, notBefore), undefined);
  assert.equal(checkDates(facts, notAfter), undefined);
  assert.equal(checkDates(facts, new Date('2030-02-01T00:00:01Z')), 'CERT_HAS_EXPIRED');
});

test('strength by security level', () => {
  assert.equal(check({ key: 'rsa1024' }, 'server', 0), undefined);
  assert.equal(check({ key: 'rsa1024' }, 'server', 1), undefined);
  assert.equal(check({ key: 'rsa1024' }, 'server', 2), 'EE_KEY_TOO_SMALL');
  assert.equal(check({ key: 'rsa' }, 'server', 2), undefined);
  assert.equal(check({ key: 'rsa' }, 'server', 3), 'EE_KEY_TOO_SMALL');
  assert.equal(check({ key: 'ec' }, 'server', 3), undefined);
  assert.equal(check({ key: 'ec' }, 'server', 4), 'EE_KEY_TOO_SMALL');
  assert.equal(check({ key: 'ec384' }, 'server', 4), undefined);
  assert.equal(check({ key: 'ed25519' }, 'server', 3), undefined);
});

test('strength of kinds the authority does not make', () => {
  assert.equal(keyStrength(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey), 256);
  assert.equal(keyStrength(generateKeyPairSync('ec', { namedCurve: 'prime192v1' }).publicKey), 96);
  assert.equal(keyStrength(generateKeyPairSync('ed448').publicKey), 224);
  assert.equal(keyStrength(generateKeyPairSync('x25519').publicKey), 0, 'no key for signing');
  assert.equal(keyStrength(generateKeyPairSync('ml-dsa-65').publicKey), 192);
});

test('dates of both kinds are read as OpenSSL reads them, and one that cannot be read fails', () => {
  for (const [notBefore, notAfter] of [
    ['1950-01-01T00:00:00Z', '2049-12-31T23:59:59Z'],
    ['2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z'],
    ['1999-02-28T12:34:56Z', '9999-12-31T23:59:59Z'],
  ] as const) {
    const { x509 } = createSelfSigned({ notBefore: new Date(notBefore), notAfter: new Date(notAfter) });
    const facts = readCertificate(x509.raw);
    assert.equal(facts?.notBefore, x509.validFromDate.getTime());
    assert.equal(facts.notAfter, x509.validToDate.getTime());
    assert.notEqual(checkDates({ ...facts, notAfter: Number.NaN }, new Date(notBefore)), undefined);
    assert.notEqual(checkDates({ ...facts, notBefore: Number.NaN }, new Date(notBefore)), undefined);
  }
});
