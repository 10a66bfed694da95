/** Our own certificates and keys in every container, and the message for each way it can go wrong. */
// Tests: src/tls/material/material-file.ts
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openPkcs12 } from '../../../src/tls/engine/context.ts';
import type { AskPassphrase } from '../../../src/tls/material/key-material.ts';
import { loadKeyMaterial } from '../../../src/tls/material/key-material.ts';
import { pemBlocks } from '../../../src/tls/material/material-file.ts';
import {
  authority,
  bundle,
  certificate,
  chainedCertificate,
  encryptedKey,
  pkcs12,
  strangersCertificate,
} from '../../support/data/certificates.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const noTerminal: AskPassphrase = () => undefined;

function load(cert: string, key?: string, ask: AskPassphrase = noTerminal) {
  return loadKeyMaterial(cert, key, ask, openPkcs12);
}

function refuses(message: RegExp, action: () => unknown): void {
  assert.throws(action, (error: { code?: string; message?: string }) => {
    assert.equal(error.code, 'config_key_material');
    assert.match(error.message ?? '', message);
    assert.doesNotMatch(error.message ?? '', /\n/, 'one line');
    return true;
  });
}

/** Answers in turn and counts how often it was asked. */
function answers(...texts: string[]): { ask: AskPassphrase; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    ask: (file) => {
      asked.push(file);
      return texts[asked.length - 1];
    },
  };
}

const { certFile, keyFile, bothFile } = certificate('server');

test('PEM: two files, one file, a chain, file: URIs', () => {
  const two = load(certFile, keyFile);
  assert.ok(two.kind === 'pem');
  assert.match(two.key, /^-----BEGIN PRIVATE KEY-----/);
  assert.equal(two.exposed, undefined);
  assert.deepEqual(load(bothFile), two);
  assert.deepEqual(load(pathToFileURL(certFile).href, `file:${keyFile}`), two);
  const chained = load(chainedCertificate().certFile, chainedCertificate().keyFile);
  assert.ok(chained.kind === 'pem');
  assert.equal(chained.chain.length, 2);
});

test('PEM blocks: comments between them, a cut one, and beginnings without an end, in a time that grows with their number', () => {
  const [one, two] = ['-----BEGIN A B-----\nx\n-----END A B-----', '-----BEGIN C-----\ny\n-----END C-----'];
  const blocks = (text: string): readonly string[] => pemBlocks(Buffer.from(text)).map(({ label, text: block }) => `${label}:${block}`);
  const both = [`A B:${one}\n`, `C:${two}\n`];
  assert.deepEqual(blocks(`Bag ----- Attributes\n${one}\r\n-----END C-----\n------${two}`), both);
  assert.deepEqual(blocks(`-----BEGIN D-----\n${one}\n${two}-----BEGIN A B-----`), both);
  const cut = `-----BEGIN C-----\nz\n${two}`;
  assert.deepEqual(blocks(`${one}${cut}`), [both[0], `C:${cut}\n`]);
  const begunAt = performance.now();
  assert.deepEqual(blocks('-----BEGIN A-----\n'.repeat(500_000)), []);
  assert.ok(performance.now() - begunAt < 10_000);
  const before = process.cpuUsage();
  assert.deepEqual(blocks(`-----BEGIN A-----\n${'-'.repeat(32 * 2 ** 20)}`), []);
  assert.ok(process.cpuUsage(before).user < 3_000_000, 'a run of dashes is one mark, or none');
});

test('a file whose name looks like a URI is a file, not a store', (t) => {
  const folder = tempFolder(t);
  copyFileSync(bothFile, join(folder, 'web:8443.pem'));
  const before = process.cwd();
  process.chdir(folder);
  t.after(() => process.chdir(before));
  assert.deepEqual(load('web:8443.pem'), load(bothFile));
  assert.deepEqual(load(certFile, 'web:8443.pem'), load(certFile, keyFile));
  refuses(/^cert = pkcs11:\.\.\.: no certificate can be read: (?!.*4711)/, () => load('pkcs11:object=x?pin-value=4711'));
});

test('an encrypted key is asked for by its file, three times at most', () => {
  const file = encryptedKey('open sesame');
  const right = answers('open sesame');
  assert.equal(load(certFile, file, right.ask).kind, 'pem');
  assert.deepEqual(right.asked, [file]);
  const second = answers('wrong', 'open sesame');
  assert.equal(load(certFile, file, second.ask).kind, 'pem');
  const never = answers('a', 'b', 'c', 'd');
  refuses(/^key = .*: wrong passphrase, 3 times$/, () => load(certFile, file, never.ask));
  assert.equal(never.asked.length, 3);
  refuses(/^key = .*: the private key is encrypted and there is no terminal to ask for its passphrase; start from a terminal/, () =>
    load(certFile, file),
  );
});

test('PKCS#12, with and without a passphrase', { skip: requires({ packages: ['openssl'] }) }, () => {
  const open = load(pkcs12(''));
  assert.ok(open.kind === 'pkcs12');
  assert.equal(open.passphrase, '');
  assert.equal(open.leaf?.fingerprint256, new X509Certificate(certificate('server').certificate).fingerprint256);
  const asked = answers('wrong', 'secret');
  const closed = load(pkcs12('secret'), undefined, asked.ask);
  assert.ok(closed.kind === 'pkcs12');
  assert.equal(closed.passphrase, 'secret');
  assert.equal(asked.asked.length, 2);
  refuses(/^cert = .*: the private key is encrypted and there is no terminal/, () => load(pkcs12('secret')));
});

test('every problem names the option, the file and the fix', (t) => {
  const folder = tempFolder(t);
  const files = writeFiles(folder, {
    'empty.pem': '',
    'noise.pem': 'this is no certificate',
    'damaged.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    'damaged.key': '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  });
  const absent = join(folder, 'absent.pem');
  refuses(/^cert = .*absent\.pem: No such file or directory; check that the file exists/, () => load(absent));
  refuses(/^key = .*absent\.pem: No such file or directory/, () => load(certFile, absent));
  refuses(/^cert = .*: .*directory/, () => load(folder));
  refuses(/^cert = .*empty\.pem: the file is empty/, () => load(files['empty.pem']));
  refuses(/^cert = .*noise\.pem: neither PEM nor PKCS#12/, () => load(files['noise.pem']));
  refuses(/^cert = .*damaged\.pem: its first certificate cannot be read/, () => load(files['damaged.pem'], keyFile));
  refuses(/^key = .*damaged\.key: the private key cannot be read/, () => load(certFile, files['damaged.key']));
  refuses(/^cert = .*: holds no certificate/, () => load(keyFile));
  refuses(/^key = .*: holds no private key; name the file that has it with `key`/, () => load(certFile));
  refuses(/^key = .*: Private key does not match the certificate in /, () => load(certFile, strangersCertificate().keyFile));
  refuses(/^cert = pkcs11:\.\.\.: no certificate can be read: .*is the provider for pkcs11: URIs loaded/, () => load('pkcs11:token'));
});

test('no message holds a byte of the key', () => {
  const secret = certificate('server').key.split('\n')[1] ?? '';
  assert.ok(secret.length > 20);
  assert.throws(
    () => load(strangersCertificate().certFile, keyFile),
    (error: Error) => !`${error.message}${error.stack}${String(error.cause)}`.includes(secret),
  );
});

test('a key that everyone may read is noticed', (t) => {
  const folder = tempFolder(t);
  const open = join(folder, 'open.pem');
  copyFileSync(keyFile, open);
  for (const [mode, warned] of [
    [0o644, true],
    [0o604, true],
    [0o602, true],
    [0o640, false],
    [0o600, false],
  ] as const) {
    chmodSync(open, mode);
    assert.equal(load(certFile, open).exposed, warned ? open : undefined, mode.toString(8));
  }
});

test('the first certificate must be the one of the key', () => {
  const wrongOrder = bundle('wrong-order', authority().certFile, certFile);
  refuses(/Private key does not match the certificate/, () => load(wrongOrder, keyFile));
});
