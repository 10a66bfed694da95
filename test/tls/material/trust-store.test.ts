/** Where trust comes from: files, hashed directories, stores, the system; and what is said when there is none. */
// Tests: src/tls/material/hashed-directory.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { TrustConfig } from '../../../src/config/tls-config.ts';
import { loadTrustStore } from '../../../src/tls/material/trust-store.ts';
import { authority, bundle, certificate } from '../../support/data/certificates.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const NOTHING: TrustConfig = { system: false, caFile: undefined, caPath: undefined, caStore: undefined };
const main = authority();
const other = authority('stranger');

const subjects = (trust: Partial<TrustConfig>): string[] =>
  loadTrustStore({ ...NOTHING, ...trust })
    .certificates()
    .map((one) => one.subject);

const MAIN = 'CN=Overcoat test authority main';
const OTHER = 'CN=Overcoat test authority stranger';

test('CAfile holds one or many certificates, comments between them', (t) => {
  assert.deepEqual(subjects({ caFile: main.certFile }), [MAIN]);
  assert.deepEqual(subjects({ caFile: bundle('two', main.certFile, other.certFile) }), [MAIN, OTHER]);
  const files = writeFiles(tempFolder(t), { 'commented.pem': `# mine\n${main.certificate}\nsome text\n${other.certificate}` });
  assert.deepEqual(subjects({ caFile: files['commented.pem'] }), [MAIN, OTHER]);
});

test('CApath: the names rehash gives, and no others', { skip: requires({ packages: ['openssl'] }) }, (t) => {
  const folder = tempFolder(t);
  writeFiles(folder, { 'main.pem': main.certificate, 'other.pem': other.certificate, 'readme.txt': 'nothing' });
  assert.throws(() => subjects({ caPath: folder }), {
    message: /^No trusted certificates found in .*; CAfile needs PEM certificates, CApath/,
  });
  execFileSync('openssl', ['rehash', folder], { stdio: 'pipe' });
  assert.deepEqual(subjects({ caPath: folder }).sort(), [MAIN, OTHER]);
});

test('CAstore: a path or file: URI of a file or a directory, PEM or DER', (t) => {
  const folder = tempFolder(t);
  const files = writeFiles(folder, { 'a.pem': main.certificate, 'b.der': other.x509.raw, 'readme.txt': 'nothing' });
  mkdirSync(join(folder, 'below'));
  assert.deepEqual(subjects({ caStore: files['a.pem'] }), [MAIN]);
  assert.deepEqual(subjects({ caStore: pathToFileURL(files['b.der']).href }), [OTHER]);
  assert.deepEqual(subjects({ caStore: `file:${folder}` }), [MAIN, OTHER]);
  assert.throws(() => subjects({ caStore: files['readme.txt'] }), {
    message: /^CAstore = .*readme\.txt: No trusted certificates found in it/,
  });
  assert.throws(() => subjects({ caStore: 'org.openssl.winstore://' }), { message: /no certificate can be read: unsupported/ });
  assert.throws(() => subjects({ caStore: 'file://elsewhere/x' }), { message: /not a file: URI of this machine/ });
});

test('several sources add up', (t) => {
  const files = writeFiles(tempFolder(t), { 'b.pem': other.certificate });
  assert.deepEqual(subjects({ caFile: main.certFile, caStore: files['b.pem'] }), [MAIN, OTHER]);
});

test('unreadable and empty sources are named', (t) => {
  const folder = tempFolder(t);
  const empty = join(folder, 'empty.pem');
  writeFileSync(empty, '');
  assert.throws(() => subjects({ caFile: join(folder, 'absent') }), {
    code: 'config_key_material',
    message: /^CAfile = .*absent: No such file or directory; check that the file exists/,
  });
  assert.throws(() => subjects({ caFile: empty }), { message: /^CAfile = .*empty\.pem: No trusted certificates found in it/ });
  assert.throws(() => subjects({ caFile: certificate('server').keyFile }), { message: /No trusted certificates found/ });
  assert.throws(() => subjects({ caPath: join(folder, 'absent') }), {
    message: /^CApath = .*absent: No such file or directory; a directory/,
  });
});
