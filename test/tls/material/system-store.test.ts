/** The system's store: OpenSSL's variables first, then the distributions' bundles, and one clear error. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSystemStore } from '../../../src/tls/material/system-store.ts';
import { authority } from '../../support/data/certificates.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const main = authority().certificate;
const other = authority('stranger').certificate;

test('the first bundle that exists counts', (t) => {
  const folder = tempFolder(t);
  const files = writeFiles(folder, { 'first.pem': main, 'second.pem': other });
  const found = readSystemStore({}, [join(folder, 'absent.pem'), files['first.pem'], files['second.pem']]);
  assert.deepEqual(found, [main]);
});

test('SSL_CERT_FILE replaces the bundles', (t) => {
  const files = writeFiles(tempFolder(t), { 'bundle.pem': main, 'mine.pem': other });
  assert.deepEqual(readSystemStore({ SSL_CERT_FILE: files['mine.pem'] }, [files['bundle.pem']]), [other]);
  assert.deepEqual(readSystemStore({ SSL_CERT_FILE: '' }, [files['bundle.pem']]), [main], 'empty is not set');
  assert.throws(() => readSystemStore({ SSL_CERT_FILE: '/absent/file.pem' }, [files['bundle.pem']]), {
    message: /^SSL_CERT_FILE = \/absent\/file\.pem: No such file or directory/,
  });
});

test('SSL_CERT_DIR names hashed directories', { skip: requires({ packages: ['openssl'] }) }, (t) => {
  const folder = tempFolder(t);
  writeFiles(folder, { 'mine.pem': other });
  execFileSync('openssl', ['rehash', folder], { stdio: 'pipe' });
  assert.deepEqual(readSystemStore({ SSL_CERT_DIR: `/absent:${folder}` }, []), [other]);
});

test('none found is one clear error', (t) => {
  const absent = join(tempFolder(t), 'absent.pem');
  assert.throws(() => readSystemStore({}, [absent]), {
    code: 'config_key_material',
    message:
      /^No trusted certificates found in the system store \(SSL_CERT_FILE, SSL_CERT_DIR, .*absent\.pem\); install the ca-certificates package, or name your own/,
  });
});
