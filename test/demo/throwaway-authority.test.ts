/** The certificates are judged by OpenSSL itself: by Node's parser here, and by real handshakes in every test that uses them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { KeyKind } from '../../src/demo/throwaway-authority.ts';
import { createAuthority } from '../../src/demo/throwaway-authority.ts';
import { createSelfSigned } from '../support/data/self-signed.ts';
import { requires } from '../support/requirements.ts';

suite('throwaway authority', () => {
  const kinds: readonly KeyKind[] = ['ec', 'ec384', 'rsa', 'ed25519'];
  for (const key of kinds) {
    test(`signs with and for ${key} keys`, () => {
      const authority = createAuthority({ key });
      const leaf = authority.issue({
        key,
        dnsNames: ['a.test', '*.b.test'],
        ipAddresses: ['192.0.2.1', '2001:db8::5'],
        emails: ['x@y.test'],
      });
      assert.ok(leaf.x509.verify(authority.x509.publicKey));
      assert.ok(leaf.x509.checkIssued(authority.x509));
      assert.ok(leaf.x509.checkPrivateKey(leaf.privateKey));
      assert.equal(leaf.x509.subject, 'CN=a.test');
      assert.equal(
        leaf.x509.subjectAltName,
        'email:x@y.test, DNS:a.test, DNS:*.b.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:5',
      );
      assert.equal(authority.x509.ca, true);
      assert.equal(leaf.x509.ca, false);
    });
  }

  test('writes the dates, the usages and the subject it was asked for', () => {
    const leaf = createSelfSigned({
      subject: 'O=Example, CN=näme',
      notBefore: new Date('2001-02-03T04:05:06Z'),
      notAfter: new Date('2051-02-03T04:05:06Z'),
      usages: ['clientAuth'],
    });
    assert.equal(leaf.x509.subject, 'O=Example\nCN=näme');
    assert.equal(leaf.x509.validFromDate.toISOString(), '2001-02-03T04:05:06.000Z');
    assert.equal(leaf.x509.validToDate.toISOString(), '2051-02-03T04:05:06.000Z');
    assert.deepEqual(leaf.x509.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  test('gives two certificates of one key the same pin', () => {
    const authority = createAuthority();
    const first = authority.issue();
    const second = authority.issue({ key: first.privateKey, subject: 'CN=other' });
    assert.equal(first.pin, second.pin);
    assert.notEqual(first.pin, authority.pin);
    assert.notEqual(new X509Certificate(first.certificate).fingerprint256, second.x509.fingerprint256);
  });

  test('makes chains and revocation lists openssl accepts', { skip: requires({ packages: ['openssl'] }) }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'overcoat-authority-'));
    try {
      const root = createAuthority();
      const middle = root.intermediate();
      const good = middle.issue();
      const bad = middle.issue();
      const write = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const trust = write('trust.pem', root.certificate + middle.certificate + middle.revoke([bad]) + root.revoke([]));
      const verify = (leaf: string): string =>
        execFileSync('openssl', ['verify', '-x509_strict', '-crl_check_all', '-CAfile', trust, leaf], { encoding: 'utf8', stdio: 'pipe' });
      assert.match(verify(write('good.pem', good.certificate)), /: OK/);
      assert.throws(() => verify(write('bad.pem', bad.certificate)), /certificate revoked/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
