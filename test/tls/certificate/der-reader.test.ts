/** The DER reader on damaged input: it answers undefined, it never throws and never reads past the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AsnType } from 'asn1js';
import { fromBER, GeneralizedTime, UTCTime } from 'asn1js';
import { readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import type { DerTree } from '../../../src/tls/certificate/der-reader.ts';
import { bitStringBytes, readChildren, readConstructed, readDer, readDerTree, unwrap } from '../../../src/tls/certificate/der-reader.ts';
import { certificate } from '../../support/data/certificates.ts';

test('what is not DER is refused', async (t) => {
  const cases: readonly (readonly [why: string, hex: string])[] = [
    ['empty', ''],
    ['a tag alone', '30'],
    ['a length past the end', '3003020101ff'.slice(0, 8)],
    ['bytes behind the value', '020101ff'],
    ['an indefinite length', '3080020101' + '0000'],
    ['a long form that is not needed', '02810101'],
    ['a length with a leading zero', `0282007f${'00'.repeat(127)}`],
    ['a length of five bytes', '0285000000000101'],
    ['a tag of several bytes', '3f810101'],
  ];
  for (const [why, hex] of cases) await t.test(why, () => assert.equal(readDer(Buffer.from(hex, 'hex')), undefined));
});

test('values and their children', () => {
  const value = readDer(Buffer.from('3006020101020102', 'hex'));
  assert.equal(value?.tag, 0x30);
  assert.deepEqual(
    readChildren(value.content)?.map((child) => child.content[0]),
    [1, 2],
  );
  assert.equal(readConstructed(Buffer.from('3006020101020102', 'hex'), 0x31), undefined);
  assert.equal(readChildren(Buffer.from('0201010202', 'hex')), undefined, 'the second child is cut');
  assert.equal(readChildren(Buffer.from('0500'.repeat(5000), 'hex')), undefined, 'too many children');
});

test('a tree has what a general library finds, and reads no further than asked', () => {
  const compare = (own: DerTree | undefined, other: AsnType): void => {
    assert.ok(own !== undefined);
    assert.deepEqual(own.whole, Buffer.from(other.valueBeforeDecodeView));
    const inside = other.idBlock.isConstructed ? ((other.valueBlock as { readonly value?: AsnType[] }).value ?? []) : [];
    assert.equal(own.children.length, inside.length);
    for (const [index, child] of inside.entries()) compare(own.children[index], child);
    if (other instanceof UTCTime || other instanceof GeneralizedTime) assert.deepEqual(own.date, other.toDate());
  };
  for (const name of ['server', 'client', 'rsa', 'ed25519'] as const) {
    const { raw } = certificate(name).x509;
    compare(readDerTree(raw), fromBER(raw).result);
  }
  const broken = readDerTree(Buffer.from('3003020201', 'hex'));
  assert.deepEqual(broken?.children, [], 'content that is no DER');
});

test('wrapped values and bit strings', () => {
  const octets = readDerTree(Buffer.from('0403020107', 'hex'));
  assert.equal(unwrap(octets)?.content.toString('hex'), '07');
  assert.equal(unwrap(readDerTree(Buffer.from('a003020107', 'hex')))?.content.toString('hex'), '07', 'an explicit tag');
  assert.equal(unwrap(readDerTree(Buffer.from('0402ffff', 'hex'))), undefined);
  assert.equal(unwrap(undefined), undefined);
  assert.equal(bitStringBytes(readDerTree(Buffer.from('030200ff', 'hex')))?.toString('hex'), 'ff');
  assert.equal(bitStringBytes(readDerTree(Buffer.from('030201fe', 'hex'))), undefined, 'unused bits');
  assert.equal(bitStringBytes(octets), undefined);
});

test('a certificate cut at any byte, or with any byte changed, is read without an exception', () => {
  const { raw } = certificate('server').x509;
  assert.ok(readCertificate(raw) !== undefined);
  for (let length = 0; length < raw.length; length += 1) assert.equal(readCertificate(raw.subarray(0, length)), undefined);
  for (let at = 0; at < raw.length; at += 1) {
    for (const flip of [0x01, 0x20, 0x80, 0xff]) {
      const changed = Buffer.from(raw);
      changed[at] = (changed[at] ?? 0) ^ flip;
      readCertificate(changed);
    }
  }
});
