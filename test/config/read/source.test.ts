import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { keepText, readDirectory, readSource } from '../../../src/config/read/source.ts';
import { certificate } from '../../support/data/certificates.ts';
import { tempFolder } from '../../support/temp.ts';

suite('a file', () => {
  test('is named as it was given, or by its real path as stunnel does', (t) => {
    const folder = tempFolder(t);
    writeFileSync(join(folder, 'a.conf'), 'x = 1\n');
    symlinkSync('a.conf', join(folder, 'link'));
    const real = join(realpathSync(folder), 'a.conf');
    const file = join(folder, 'link');
    assert.deepEqual(readSource({ file }, false), { ok: true, source: { file, text: 'x = 1\n' }, path: real });
    assert.deepEqual(readSource({ file }, true), { ok: true, source: { file: real, text: 'x = 1\n' }, path: real });
  });

  test('that cannot be read says why', (t) => {
    const folder = tempFolder(t);
    assert.deepEqual(readSource({ file: '/no/such' }, false), {
      ok: false,
      file: '/no/such',
      error: 'No such file or directory (2)',
      remedy: 'check the name, and the folders before it',
      step: 'realpath',
    });
    assert.deepEqual(readSource({ file: folder }, false), {
      ok: false,
      file: folder,
      error: 'it is a directory',
      remedy: 'name a file in it',
      step: 'open',
    });
  });

  test('without an end is given up', { skip: process.platform === 'linux' ? false : 'needs /dev/zero' }, () => {
    const read = readSource({ file: '/dev/zero' }, false);
    assert.ok(!read.ok);
    assert.equal(read.error, 'it is larger than 16777216 bytes');
  });
});

suite('an environment variable', () => {
  test('is kept as text, and is not there any more for the programs that are started', () => {
    process.env['OVERCOAT_TEST_CONF'] = 'x = 1\n';
    const kept = keepText({ variable: 'OVERCOAT_TEST_CONF' });
    assert.deepEqual(kept, { name: 'env:OVERCOAT_TEST_CONF', text: 'x = 1\n' });
    assert.equal(process.env['OVERCOAT_TEST_CONF'], undefined);
  });

  test('that is not there is said to be missing', () => {
    const [variable, file] = ['OVERCOAT_TEST_NO_CONF', 'env:OVERCOAT_TEST_NO_CONF'];
    assert.deepEqual(keepText({ variable }), { variable });
    const error = 'the environment has no such variable';
    assert.deepEqual(readSource({ variable }, true), { ok: false, file, error, remedy: 'export it before', step: 'open' });
  });
});

suite('a descriptor', () => {
  test('is read to its end, once, and kept', (t) => {
    const file = join(tempFolder(t), 'a.conf');
    writeFileSync(file, 'x = 1\n'.repeat(50_000));
    const fd = openSync(file, 'r');
    const kept = keepText({ fd });
    closeSync(fd);
    assert.deepEqual(kept, { name: `fd:${fd}`, text: 'x = 1\n'.repeat(50_000) });
    assert.deepEqual(readSource(kept, true), { ok: true, source: { file: `fd:${fd}`, text: 'x = 1\n'.repeat(50_000) }, path: `fd:${fd}` });
  });

  test('that is not open says so', () => {
    const read = readSource({ fd: 999_999 }, false);
    assert.ok(!read.ok);
    assert.deepEqual([read.error, read.remedy], ['Bad file descriptor (9)', 'whoever starts this has to open it for reading']);
    assert.deepEqual(keepText({ fd: 999_999 }), { fd: 999_999 });
  });
});

suite('what is no text of ours', () => {
  const read = (t: TestContext, bytes: Buffer): string => {
    const file = join(tempFolder(t), 'a.conf');
    writeFileSync(file, bytes);
    const found = readSource({ file }, false);
    return found.ok ? found.source.text : `${found.error}; ${found.remedy}`;
  };
  const CONFIG = '[s]\nclient = yes\naccept = 1\nconnect = 2\n';

  test('is UTF-16, with a mark or without', (t) => {
    for (const text of [`\ufeff${CONFIG}`, CONFIG]) {
      const little = Buffer.from(text, 'utf16le');
      assert.equal(read(t, little), 'it is UTF-16; save it as UTF-8');
      assert.equal(read(t, Buffer.from(little).swap16()), 'it is UTF-16; save it as UTF-8');
    }
  });

  test('is a program, an archive, a key in DER', (t) => {
    assert.match(read(t, readFileSync(process.execPath).subarray(0, 10_000)), /^it is no text file; name the file with the options$/);
    assert.match(read(t, gzipSync(CONFIG.repeat(50))), /^it is no text file/);
    assert.match(read(t, certificate('rsa').privateKey.export({ type: 'pkcs8', format: 'der' })), /^it is no text file/);
  });

  test('is not Latin-1, a byte order mark of UTF-8, or a stray control character', (t) => {
    assert.equal(read(t, Buffer.from('[caf\xe9]\n', 'latin1')), '[caf\udce9]\n');
    for (const text of [`\ufeff${CONFIG}`, `${CONFIG}\0x`, `${CONFIG}\f`, '', '\0']) assert.equal(read(t, Buffer.from(text)), text);
  });
});

suite('a directory', () => {
  test('gives its regular files in the order of their bytes, dot files and backups too, following links', (t) => {
    const folder = tempFolder(t);
    const names = ['#auto#', '-d', '.hidden', '10', '2', '20-b.conf', 'A', '_u', 'a', 'a.bak', 'a~', 'b', '\u00e9', '\uff5e', '\u{1f600}'];
    for (const name of names.toReversed()) writeFileSync(join(folder, name), `; ${name}`);
    mkdirSync(join(folder, '15-folder'));
    symlinkSync('15-folder', join(folder, '16-folder'));
    symlinkSync('20-b.conf', join(folder, '30-link'));
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff)]), '; latin-1');
    const read = readDirectory(folder);
    assert.ok('files' in read);
    assert.deepEqual(
      read.files.map(({ file }) => file.slice(folder.length + 1)),
      [...names.slice(0, 6), '30-link', ...names.slice(6), '\udcff'],
    );
    assert.deepEqual(
      read.files.map(({ text }) => text).filter((text) => text === '; 20-b.conf' || text === '; latin-1'),
      ['; 20-b.conf', '; 20-b.conf', '; latin-1'],
    );
    assert.deepEqual(read.dangling, []);
  });

  test('may hold links that lead nowhere', (t) => {
    const folder = tempFolder(t);
    symlinkSync('user@host.1:2', join(folder, '.#a'));
    symlinkSync('loop', join(folder, 'loop'));
    writeFileSync(join(folder, 'a'), '; a');
    assert.deepEqual(readDirectory(folder), {
      files: [{ file: join(folder, 'a'), text: '; a' }],
      dangling: [join(folder, '.#a'), join(folder, 'loop')],
    });
  });

  test('that is none, or holds what cannot be read, says so', (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    assert.deepEqual(readDirectory(file), { error: 'Not a directory (20)' });
  });
});
