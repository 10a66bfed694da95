/** RFC 9525 as a table: every row is a real certificate, a name we meant, and whether the one is for the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHost } from '../../../src/address/host-name.ts';
import type { CertificateRequest } from '../../../src/demo/throwaway-authority.ts';
import { createAuthority } from '../../../src/demo/throwaway-authority.ts';
import { readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import { matchAddress, matchEmail, matchHost, matchUri } from '../../../src/tls/certificate/certificate-names.ts';

const key = createAuthority().privateKey;
const authority = createAuthority({ key });
const made = new Map<string, ReturnType<typeof readCertificate>>();

/** One key for all: only the names differ. */
function namesOf(request: CertificateRequest) {
  const id = JSON.stringify(request);
  if (!made.has(id)) made.set(id, readCertificate(authority.issue({ ...request, key }).x509.raw));
  const facts = made.get(id);
  assert.ok(facts !== undefined, 'the certificate can be read');
  return facts.names;
}

const dns = (...dnsNames: string[]): CertificateRequest => ({ subject: 'CN=cn.test', dnsNames });
const LABEL_63 = 'a'.repeat(63);
const LABEL_64 = 'a'.repeat(64);
const NAME_253 = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'b'.repeat(61)}`;

const HOSTS: readonly (readonly [request: CertificateRequest, reference: string, matched: boolean, why: string])[] = [
  [dns('a.test'), 'a.test', true, 'the same'],
  [dns('a.test'), 'A.TEST', true, 'letter case of the reference'],
  [dns('A.Test'), 'a.test', true, 'letter case of the certificate'],
  [dns('a.test'), 'a.test.', true, 'one trailing dot of the reference'],
  [dns('a.test'), 'a.test..', false, 'two trailing dots'],
  [dns('a.test.'), 'a.test', false, 'a trailing dot in the certificate'],
  [dns('a.test'), 'b.test', false, 'another name'],
  [dns('a.test'), 'b.a.test', false, 'a name below'],
  [dns('b.a.test'), 'a.test', false, 'the name above'],
  [dns('a.test'), 'xa.test', false, 'a longer label'],
  [dns('xa.test'), 'a.test', false, 'a suffix of characters, not of labels'],
  [dns('a.test', 'b.test'), 'b.test', true, 'the second of two'],
  [dns('a.test', 'b.test'), 'c.test', false, 'none of two'],
  [dns('localhost'), 'localhost', true, 'a single label'],
  [dns('a_b.test'), 'a_b.test', true, 'an underscore, as met in practice'],
  [dns('a.test'), '', false, 'an empty reference'],
  [dns('a.test'), '.', false, 'the root'],
  [dns('a.test'), 'a..test', false, 'an empty label'],
  [dns('a.test'), '.a.test', false, 'a leading dot in the reference'],
  [dns('.a.test'), 'b.a.test', false, 'a leading dot in the certificate is no wildcard'],
  [dns('.a.test'), 'a.test', false, 'a leading dot in the certificate'],
  [dns(''), '', false, 'an empty name'],
  [dns(' a.test'), 'a.test', false, 'a leading blank'],
  [dns('a.test '), 'a.test', false, 'a trailing blank'],
  [dns('a.test\0.evil.test'), 'a.test', false, 'a NUL after the name'],
  [dns('a.test\0'), 'a.test', false, 'a NUL at the end'],
  [dns('\0a.test'), 'a.test', false, 'a NUL in front'],
  [dns('a.test'), 'a.test\0.evil.test', false, 'a NUL in the reference'],
  [dns('a.test\n'), 'a.test', false, 'a newline'],
  [dns('a.test, DNS:b.test'), 'b.test', false, 'a text that looks like two entries'],
  [dns('a.test/evil'), 'a.test', false, 'a slash'],
  [dns('-a.test'), '-a.test', true, 'a label that begins with a hyphen, as met in practice'],
  [dns('a-.test'), 'a-.test', true, 'a label that ends with a hyphen, as met in practice'],
  [dns('*.a.test'), 'b-.a.test', true, 'a wildcard for a label that ends with a hyphen'],
  [dns('pay.test'), 'pay.test/é.evil.test', false, 'a slash before a U-label'],
  [dns('pay.test'), 'pay.test?é.evil.test', false, 'a question mark before a U-label'],
  [dns('pay.test'), 'pay.test#é.evil.test', false, 'a number sign before a U-label'],
  [dns('pay.test'), 'pay.test\\é.evil.test', false, 'a backslash before a U-label'],
  [dns('pay.test'), 'pay.test:é', false, 'a colon before a U-label'],
  [dns('pay.test'), 'é@pay.test', false, 'an at sign behind a U-label'],
  [dns('xn--pay-dma.test'), 'p%61yé.test', false, 'a percent sign before a U-label'],
  [dns('xn--pay-dma.test'), 'pa\tyé.test', false, 'a tab before a U-label'],
  [dns('*.pay.test'), 'a.pay.test/é.evil.test', false, 'a wildcard, a slash before a U-label'],
  [dns('127.0.0.1'), '127。0。0。1', false, 'an address with ideographic full stops'],
  [dns('127.0.0.1'), '127.0.0.1.', false, 'an address with a trailing dot'],
  [dns('a--b.test'), 'a--b.test', true, 'hyphens inside'],
  [dns(`${LABEL_63}.test`), `${LABEL_63}.test`, true, 'a label of 63 characters'],
  [dns(`${LABEL_64}.test`), `${LABEL_64}.test`, false, 'a label of 64 characters'],
  [dns(NAME_253), NAME_253, true, 'a name of 253 characters'],
  [dns(`b${NAME_253}`), `b${NAME_253}`, false, 'a name of 254 characters'],
  // wildcards
  [dns('*.a.test'), 'b.a.test', true, 'a wildcard for one label'],
  [dns('*.A.test'), 'B.a.TEST', true, 'a wildcard, letter case'],
  [dns('*.a.test'), 'b.a.test.', true, 'a wildcard, trailing dot'],
  [dns('*.a.test'), 'a.test', false, 'a wildcard for nothing'],
  [dns('*.a.test'), '.a.test', false, 'a wildcard for an empty label'],
  [dns('*.a.test'), 'c.b.a.test', false, 'a wildcard for two labels'],
  [dns('*.a.test'), 'b.xa.test', false, 'a wildcard, another parent'],
  [dns('*.test'), 'a.test', false, 'a wildcard below a single label'],
  [dns('*'), 'a', false, 'a wildcard alone'],
  [dns('*'), 'a.test', false, 'a wildcard alone for a whole name'],
  [dns('*.'), 'a.', false, 'a wildcard and the root'],
  [dns('*.*.a.test'), 'c.b.a.test', false, 'two wildcards'],
  [dns('*.*'), 'a.test', false, 'nothing but wildcards'],
  [dns('b.*.test'), 'b.a.test', false, 'a wildcard that is not left-most'],
  [dns('b.a.*'), 'b.a.test', false, 'a wildcard on the right'],
  [dns('b*.a.test'), 'bc.a.test', false, 'a partial wildcard, prefix'],
  [dns('*b.a.test'), 'cb.a.test', false, 'a partial wildcard, suffix'],
  [dns('b*d.a.test'), 'bcd.a.test', false, 'a partial wildcard, inside'],
  [dns('**.a.test'), 'b.a.test', false, 'a doubled star'],
  [dns('*.a.test'), '*.a.test', false, 'a star in the reference'],
  [dns('xn--*.a.test'), 'xn--mnchen-3ya.a.test', false, 'a wildcard inside an A-label'],
  [dns('*.a.test'), 'xn--mnchen-3ya.a.test', true, 'a wildcard for an A-label'],
  [dns('*.0.0.1'), '127.0.0.1', false, 'a wildcard for an IPv4 address'],
  // internationalised names
  [dns('xn--mnchen-3ya.test'), 'münchen.test', true, 'a U-label of the reference'],
  [dns('xn--mnchen-3ya.test'), 'MÜNCHEN.test', true, 'a U-label in capitals'],
  [dns('xn--mnchen-3ya.test'), 'xn--mnchen-3ya.test', true, 'an A-label'],
  [dns('münchen.test'), 'münchen.test', false, 'a U-label in the certificate'],
  [dns('a.test'), 'а.test', false, 'a Cyrillic homograph'],
  [dns('a.test'), 'a。test', true, 'an ideographic full stop, which IDNA takes as a dot'],
  // addresses and names do not mix
  [dns('127.0.0.1'), '127.0.0.1', false, 'an address as a dNSName'],
  [dns('127.1'), '127.1', false, 'a short address as a dNSName'],
  [dns('::1'), '::1', false, 'an IPv6 address as a dNSName'],
  [{ subject: 'CN=a.test', ipAddresses: ['127.0.0.1'] }, '127.0.0.1', false, 'an iPAddress asked for as a host'],
  // nothing but subjectAltName counts
  [{ subject: 'CN=a.test' }, 'a.test', false, 'the common name without any subjectAltName'],
  [dns('b.test'), 'cn.test', false, 'the common name beside a subjectAltName'],
  [{ subject: 'CN=x', emails: ['a@a.test'] }, 'a.test', false, 'the host of an rfc822Name'],
  [{ subject: 'CN=x', emails: ['a.test'] }, 'a.test', false, 'a host as rfc822Name'],
  [{ subject: 'CN=x', uris: ['https://a.test/'] }, 'a.test', false, 'the host of a URI'],
  [{ subject: 'CN=x', uris: ['a.test'] }, 'a.test', false, 'a host as URI'],
];

test('host names against certificates', async (t) => {
  assert.ok(HOSTS.length >= 60);
  for (const [request, reference, matched, why] of HOSTS) {
    await t.test(`${why}: ${JSON.stringify(reference)}`, () => {
      assert.equal(matchHost(namesOf(request), reference) !== undefined, matched);
    });
  }
});

const ADDRESSES: readonly (readonly [presented: string, reference: string, matched: boolean])[] = [
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['127.0.0.1', '::ffff:127.0.0.1', true],
  ['127.0.0.1', '::ffff:7f00:1', true],
  ['127.0.0.1', '::127.0.0.1', false],
  ['127.0.0.1', '127.1', false],
  ['127.0.0.1', '0x7f.0.0.1', false],
  ['127.0.0.1', 'localhost', false],
  ['127.0.0.1', '', false],
  ['2001:db8::1', '2001:db8::1', true],
  ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', true],
  ['2001:db8::1', '2001:db8::0:1', true],
  ['2001:db8::1', '2001:db8::2', false],
  ['2001:db8::1', '2001:db8::1%lo', true],
  ['::1', '::1', true],
  ['::', '0.0.0.0', false],
];

test('addresses against certificates, as bytes', async (t) => {
  for (const [presented, reference, matched] of ADDRESSES) {
    await t.test(`${presented} and ${JSON.stringify(reference)}`, () => {
      const names = namesOf({ subject: 'CN=x', ipAddresses: [presented] });
      assert.equal(matchAddress(names, reference) !== undefined, matched);
    });
  }
  await t.test('a dNSName with the text of an address is none', () => {
    assert.equal(matchAddress(namesOf(dns('127.0.0.1')), '127.0.0.1'), undefined);
  });
});

const EMAILS: readonly (readonly [presented: string, reference: string, matched: boolean])[] = [
  ['joe@a.test', 'joe@a.test', true],
  ['joe@A.TEST', 'joe@a.test', true],
  ['Joe@a.test', 'joe@a.test', false],
  ['joe@a.test', 'joe@b.test', false],
  ['joe@a.test', 'a.test', false],
  ['a.test', 'joe@a.test', false],
  ['@a.test', '@a.test', false],
  ['joe@', 'joe@', false],
  ['joe@a.test\0', 'joe@a.test', false],
  ['joe@a.test ', 'joe@a.test', false],
  ['joe\x7f@a.test', 'joe\x7f@a.test', false],
  ['joe@a.test', 'joé@a.test', false],
];

test('e-mail addresses against certificates', async (t) => {
  for (const [presented, reference, matched] of EMAILS) {
    await t.test(`${JSON.stringify(presented)} and ${JSON.stringify(reference)}`, () => {
      const names = namesOf({ subject: 'CN=x', emails: [presented] });
      assert.equal(matchEmail(names, reference) !== undefined, matched);
    });
  }
  await t.test('a dNSName is no e-mail address', () => {
    assert.equal(matchEmail(namesOf(dns('joe@a.test')), 'joe@a.test'), undefined);
  });
});

const uris = (...names: string[]): CertificateRequest => ({ subject: 'CN=cn.test', uris: names });
const LONG_URI = `spiffe://a.test/${'x'.repeat(2048 - 'spiffe://a.test/'.length)}`;

const URIS: readonly (readonly [request: CertificateRequest, reference: string, matched: string | undefined, why: string])[] = [
  [uris('spiffe://a.test/front'), 'spiffe://a.test/front', 'spiffe://a.test/front', 'the same'],
  [uris('spiffe://a.test/front'), 'spiffe://a.test/Front', undefined, 'letter case of the path'],
  [uris('spiffe://A.test/front'), 'spiffe://a.test/front', undefined, 'letter case of the trust domain'],
  [uris('spiffe://a.test/front'), 'spiffe://a.test/fron', undefined, 'the beginning of it'],
  [uris('spiffe://a.test/front'), 'spiffe://a.test/front/', undefined, 'a slash more'],
  [uris('spiffe://a.test/front/1'), 'spiffe://a.test/front', undefined, 'one below, where the whole is asked for'],
  [uris('spiffe://a.test/front/1'), 'spiffe://a.test/front/*', 'spiffe://a.test/front/1', 'one below'],
  [uris('spiffe://a.test/front/1/2'), 'spiffe://a.test/front/*', 'spiffe://a.test/front/1/2', 'one further below'],
  [uris('spiffe://a.test/front'), 'spiffe://a.test/front/*', undefined, 'the one above is not below'],
  [uris('spiffe://a.test/front/'), 'spiffe://a.test/front/*', undefined, 'nothing below'],
  [uris('spiffe://a.test/frontier'), 'spiffe://a.test/front/*', undefined, 'a longer name beside it'],
  [uris('spiffe://a.test.evil.test/x'), 'spiffe://a.test/*', undefined, 'another trust domain that begins alike'],
  [uris('spiffe://a.test/front/../back'), 'spiffe://a.test/front/*', undefined, 'a path that climbs out'],
  [uris('spiffe://a.test/front/..'), 'spiffe://a.test/front/*', undefined, 'a path that ends in a climb'],
  [uris('spiffe://a.test/front/./1'), 'spiffe://a.test/front/*', undefined, 'a path that stays'],
  [uris('spiffe://a.test/front/%2e%2e/back'), 'spiffe://a.test/front/*', undefined, 'a climb that is written otherwise'],
  [uris('spiffe://a.test/front/...'), 'spiffe://a.test/front/*', 'spiffe://a.test/front/...', 'three dots climb nowhere'],
  [uris('spiffe://a.test/*'), 'spiffe://a.test/front', undefined, 'a star of the certificate stands for nothing'],
  [uris('spiffe://a.test/1', 'spiffe://a.test/2'), 'spiffe://a.test/2', undefined, 'an identity that is not the only one'],
  [uris('https://b.test/', 'spiffe://a.test/2'), 'spiffe://a.test/*', undefined, 'an identity beside another URI'],
  [uris('https://b.test/1', 'https://b.test/2'), 'https://b.test/2', 'https://b.test/2', 'the second of two that are no identities'],
  [uris('https://b.test/1', 'https://b.test/2'), 'https://b.test/3', undefined, 'none of two'],
  [uris(LONG_URI), LONG_URI, LONG_URI, 'as long as one may be'],
  [uris(`${LONG_URI}x`), `${LONG_URI}x`, undefined, 'longer than one may be'],
  [dns('a.test'), 'spiffe://a.test/*', undefined, 'a dNSName is no URI'],
];

test('URIs against certificates', async (t) => {
  for (const [request, reference, matched, why] of URIS)
    await t.test(`${why}: ${reference.slice(0, 60)}`, () => assert.equal(matchUri(namesOf(request), reference), matched));
});

test('the presented name that matched is told', () => {
  assert.equal(matchHost(namesOf(dns('x.test', '*.A.test')), 'b.a.test'), '*.a.test');
});

test('no name of any kind makes the matcher throw', () => {
  const names = namesOf(dns('a.test', '*', '', '\0', '\xff\xfe', '*.', '.'));
  for (const reference of ['', '\0', '*', '.', '..', '\ud800', 'a'.repeat(70_000), '[::1]', '1.2.3.4.', '%', 'xn--', 'xn--a.test']) {
    assert.equal(matchHost(names, reference), undefined, reference.slice(0, 20));
    assert.equal(matchAddress(names, reference), undefined);
    assert.equal(matchEmail(names, reference), undefined);
    assert.equal(matchUri(names, reference), undefined);
  }
});

test('every name that a client can name is one that its certificate can be verified for', () => {
  const spelt = ['Foo-.example.com.', '-foo.example.com', '_a.b_c.test', 'bücher.example', '1.a', 'a--b.test', 'xn--a.test'];
  for (const text of spelt) {
    const host = parseHost(text);
    assert.equal(host?.kind, 'dns', text);
    assert.equal(matchHost(namesOf(dns(host.name)), host.name), host.name, text);
  }
});
