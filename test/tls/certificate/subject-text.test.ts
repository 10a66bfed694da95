/** Subjects as OpenSSL's one-line form writes them; the expected texts are those of `openssl x509 -nameopt oneline`. */
import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { canonicalSubject, shownSubject, subjectText } from '../../../src/tls/certificate/subject-text.ts';
import { createSelfSigned } from '../../support/data/self-signed.ts';

const subject = (text: string): X509Certificate => createSelfSigned({ subject: text }).x509;
const raw = (text: string | undefined) => ({ subject: text }) as X509Certificate;

test('values with special characters are quoted', () => {
  assert.equal(subjectText(subject('C=DE, O=Acme, CN=a.test')), 'C=DE, O=Acme, CN=a.test');
  assert.equal(subjectText(raw('C=DE\nO=Acme\\, Inc\nCN=a.test')), 'C=DE, O="Acme, Inc", CN=a.test');
  assert.equal(subjectText(subject('CN=a+b<c>;d')), 'CN="a+b<c>;d"');
  assert.equal(subjectText(subject('CN=#a')), 'CN="#a"');
  assert.equal(subjectText(subject('CN=back\\slash')), 'CN=back\\\\slash');
  assert.equal(subjectText(subject('CN=münchen')), 'CN=münchen');
});

test('an empty subject and control characters', () => {
  assert.equal(subjectText(raw(undefined)), '');
  assert.equal(subjectText(raw('')), '');
  assert.equal(subjectText(subject('CN=a\nCERT: accepted')), 'CN=a\\0ACERT: accepted');
});

test('of a long one events have the beginning, and programs the whole', () => {
  const certificate = raw(`CN=${'x'.repeat(5000)}`);
  assert.equal(shownSubject(certificate), `CN=${'x'.repeat(4090)}...`);
  assert.equal(subjectText(certificate).length, 5003);
  assert.equal(shownSubject(raw('CN=a')), 'CN=a');
});

test('subjects are compared without regard to letter case and runs of blanks', () => {
  const same = [subject('O=Acme Inc, CN=a'), subject('O=ACME  INC, CN=A'), subject('O=  acme inc  , CN=a')];
  assert.equal(new Set(same.map(canonicalSubject)).size, 1, same.map(canonicalSubject).join(' | '));
  const others = [subject('O=Acme, CN=a'), subject('CN=a, O=Acme Inc'), subject('O=AcmeInc, CN=a'), subject('OU=Acme Inc, CN=a')];
  for (const other of others) assert.notEqual(canonicalSubject(other), canonicalSubject(same[0]!));
});
