import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { collation, keepText, readDirectory, readSource } from '../../src/config/source.ts';
import { tempFolder } from '../support/temp.ts';

describe('a file', () => {
  it('is named as it was given, or by its real path as stunnel does', (t) => {
    const folder = tempFolder(t);
    writeFileSync(join(folder, 'a.conf'), 'x = 1\n');
    symlinkSync('a.conf', join(folder, 'link'));
    const real = join(realpathSync(folder), 'a.conf');
    const file = join(folder, 'link');
    assert.deepEqual(readSource({ file }, false), { ok: true, source: { file, text: 'x = 1\n' }, path: real });
    assert.deepEqual(readSource({ file }, true), { ok: true, source: { file: real, text: 'x = 1\n' }, path: real });
  });

  it('that cannot be read says why', (t) => {
    const folder = tempFolder(t);
    assert.deepEqual(readSource({ file: '/no/such' }, false), {
      ok: false,
      file: '/no/such',
      error: 'No such file or directory (2)',
      step: 'realpath',
    });
    assert.deepEqual(readSource({ file: folder }, false), { ok: false, file: folder, error: 'it is a directory', step: 'open' });
  });

  it('without an end is given up', { skip: process.platform === 'linux' ? false : 'needs /dev/zero' }, () => {
    const read = readSource({ file: '/dev/zero' }, false);
    assert.ok(!read.ok);
    assert.equal(read.error, 'it is larger than 16777216 bytes');
  });
});

describe('a descriptor', () => {
  it('is read to its end, once, and kept', (t) => {
    const file = join(tempFolder(t), 'a.conf');
    writeFileSync(file, 'x = 1\n'.repeat(50_000));
    const fd = openSync(file, 'r');
    const kept = keepText({ fd });
    closeSync(fd);
    assert.deepEqual(kept, { name: `fd:${fd}`, text: 'x = 1\n'.repeat(50_000) });
    assert.deepEqual(readSource(kept, true), { ok: true, source: { file: `fd:${fd}`, text: 'x = 1\n'.repeat(50_000) }, path: `fd:${fd}` });
  });

  it('that is not open says so', () => {
    const read = readSource({ fd: 999_999 }, false);
    assert.ok(!read.ok);
    assert.equal(read.error, 'Bad file descriptor (9)');
    assert.deepEqual(keepText({ fd: 999_999 }), { fd: 999_999 });
  });
});

describe('a directory', () => {
  it('gives its regular files in order, dot files and backups too, following links', (t) => {
    const folder = tempFolder(t);
    for (const name of ['20-b.conf', '10-a.conf', '.hidden', '10-a.conf~']) writeFileSync(join(folder, name), `; ${name}`);
    mkdirSync(join(folder, '15-folder'));
    symlinkSync('20-b.conf', join(folder, '30-link'));
    const read = readDirectory(folder);
    assert.ok('files' in read);
    const names = read.files.map(({ file }) => file.slice(folder.length + 1));
    assert.deepEqual(new Set(names), new Set(['.hidden', '10-a.conf', '10-a.conf~', '20-b.conf', '30-link']));
    assert.ok(names.indexOf('10-a.conf') < names.indexOf('20-b.conf'));
    assert.equal(read.files.find(({ file }) => file.endsWith('30-link'))?.text, '; 20-b.conf');
  });

  it('that is none, or holds what cannot be read, says so', (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    assert.deepEqual(readDirectory(file), { error: 'Not a directory (20)' });
    symlinkSync('nowhere', join(folder, 'dangling'));
    assert.deepEqual(readDirectory(folder), { error: 'dangling: No such file or directory (2)' });
  });
});

describe('the order of names', () => {
  const names = ['b', 'A', 'a', 'B', 'ä'];

  it('is by bytes in the C locale and in none', () => {
    for (const environment of [
      {},
      { LC_ALL: 'C' },
      { LANG: 'C.UTF-8' },
      { LC_ALL: 'POSIX', LANG: 'de_DE.UTF-8' },
      { LANG: 'no such locale' },
    ]) {
      assert.deepEqual(names.toSorted(collation(environment)), ['A', 'B', 'a', 'b', 'ä']);
    }
  });

  it("is the language's elsewhere", () => {
    assert.deepEqual(names.toSorted(collation({ LANG: 'de_DE.UTF-8' })), ['a', 'A', 'ä', 'b', 'B']);
    assert.deepEqual(names.toSorted(collation({ LANG: 'C', LC_COLLATE: 'en_US.UTF-8' })), ['a', 'A', 'ä', 'b', 'B']);
  });
});
