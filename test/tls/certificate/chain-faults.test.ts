import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { suite, test } from 'node:test';
import type { CertificateRequest } from '../../../src/demo/throwaway-authority.ts';
import type { ChainQuestion } from '../../../src/tls/certificate/chain-faults.ts';
import { chainFaults, pathOf } from '../../../src/tls/certificate/chain-faults.ts';
import { authority, certificate } from '../../support/data/certificates.ts';
import { createSelfSigned } from '../../support/data/self-signed.ts';

const x509 = (pem: string): X509Certificate => new X509Certificate(pem);
const ROOT = x509(authority().certificate);
const INTERMEDIATE = authority().intermediate();
const LEAF: CertificateRequest = { dnsNames: ['a.test'] };
const BELOW = x509(INTERMEDIATE.issue(LEAF).certificate);
const MIDDLE = x509(INTERMEDIATE.certificate);

const kinds = (chain: readonly X509Certificate[], changes: Partial<ChainQuestion> = {}): string[] =>
  chainFaults({ chain, roots: [ROOT], role: 'server', now: new Date(), ...changes }).map(({ kind, index }) => `${index} ${kind}`);

suite('a chain', () => {
  test('without a fault', () => {
    assert.deepEqual(kinds([BELOW, MIDDLE]), []);
    assert.deepEqual(kinds([x509(createSelfSigned(LEAF).certificate)]), []);
  });

  test('that misses its intermediate, has too much, or the wrong order', () => {
    const stranger = x509(authority('stranger').certificate);
    assert.deepEqual(kinds([BELOW]), ['0 missing-intermediate']);
    assert.deepEqual(kinds([BELOW, MIDDLE], { roots: [] }), ['1 missing-intermediate'], 'a root that nobody here knows');
    assert.deepEqual(kinds([BELOW, MIDDLE, ROOT]), ['2 superfluous']);
    assert.deepEqual(kinds([BELOW, MIDDLE, stranger]), ['2 superfluous']);
    assert.deepEqual(kinds([BELOW, MIDDLE, MIDDLE].map((each) => x509(each.toString()))), ['2 superfluous']);
    assert.deepEqual(kinds([BELOW, ROOT, MIDDLE]), ['1 order', '2 order']);
    assert.deepEqual(pathOf([BELOW, ROOT, MIDDLE]), [BELOW, MIDDLE, ROOT]);
  });

  test('whose certificates are of no use', () => {
    const cast = (name: Parameters<typeof certificate>[0], changes?: Partial<ChainQuestion>): string[] =>
      kinds([x509(certificate(name).certificate)], changes);
    assert.deepEqual(cast('expired'), ['0 expired']);
    assert.deepEqual(cast('not-yet-valid'), ['0 not-yet-valid']);
    assert.deepEqual(cast('weak-digest'), ['0 sha1']);
    assert.deepEqual(cast('weak-key'), ['0 weak-key']);
    assert.deepEqual(cast('wrong-usage'), ['0 wrong-usage']);
    assert.deepEqual(cast('client-usage'), ['0 wrong-usage']);
    assert.deepEqual(cast('client-usage', { role: 'client' }), []);
    assert.deepEqual(kinds([x509(authority().issue({ dnsNames: [], ipAddresses: [] }).certificate)]), ['0 no-san']);
    assert.deepEqual(kinds([ROOT]), ['0 no-san', '0 wrong-usage']);
  });

  test('with an intermediate that has ended, and with one that crosses over to an authority that is known', () => {
    const later = new Date(MIDDLE.validToDate.getTime() + 86_400_000);
    const found = kinds([BELOW, MIDDLE], { now: later }).filter((each) => each.startsWith('1'));
    assert.deepEqual(found, ['1 expired']);
    const own = x509(createSelfSigned({ subject: MIDDLE.subject.replaceAll('\n', ', '), notAfter: new Date('2200-01-01') }).certificate);
    assert.deepEqual(
      kinds([BELOW, MIDDLE], { now: later, roots: [ROOT, own] }).filter((each) => each.startsWith('1')),
      ['1 expired-cross-sign'],
    );
  });
});
