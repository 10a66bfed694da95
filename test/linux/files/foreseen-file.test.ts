import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { foreseeDirectory, foreseeFile, foreseeFolder, pathBelow } from '../../../src/linux/files/foreseen-file.ts';
import { tempFolder } from '../../support/temp.ts';

/** `run` is a link to `/var` inside the folder, as in a jail; `loop` a link to itself. */
function jail(t: TestContext): string {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'var/log'), { recursive: true });
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('/var', join(folder, 'run'));
  symlinkSync('../outside', join(folder, 'var/up'));
  symlinkSync('loop', join(folder, 'loop'));
  return folder;
}

const code = (wanted: string) => (error: NodeJS.ErrnoException) => error.code === wanted;

suite('a folder that will be made', () => {
  test('may be missing with those above it, but nothing else may stand in the way', (t) => {
    const folder = jail(t);
    for (const name of ['var/log', 'new', 'new/at/all', 'run/new/log']) foreseeFolder(join(folder, name));
    foreseeFolder('/run/new/log', folder);
    for (const name of ['file', 'file/new', 'file/new/log']) assert.throws(() => foreseeFolder(join(folder, name)), code('ENOTDIR'));
  });
});

suite('a file that will be written', () => {
  test('may exist or not, in a folder that exists', (t) => {
    const folder = jail(t);
    for (const name of ['file', 'new', 'var/log/new', 'var/../new', './/new']) foreseeFile(join(folder, name));
    foreseeFile('package.json'); // from where we are
  });

  test('needs its folder, is no directory, and has a name that ends', (t) => {
    const folder = jail(t);
    assert.throws(() => foreseeFile(join(folder, 'none/new')), code('ENOENT'));
    assert.throws(() => foreseeFile(join(folder, 'file/new')), code('ENOTDIR'));
    assert.throws(() => foreseeFile(join(folder, 'var')), code('EISDIR'));
    assert.throws(() => foreseeFile('/'), code('EISDIR'));
    assert.throws(() => foreseeFile(join(folder, 'loop')), code('ELOOP'));
  });

  test('is looked up from another root: links stay inside, and so do dots', (t) => {
    const folder = jail(t);
    foreseeFile('/run/new', folder);
    foreseeFile('var/log/new', folder); // a changed root is where the process stands
    assert.equal(pathBelow(folder, '/run/log/x'), join(folder, 'var/log/x'));
    assert.equal(pathBelow(folder, '/../../var/up'), join(folder, 'outside'));
    assert.throws(() => foreseeFile('/tmp/new', folder), code('ENOENT'));
  });
});

test('a directory must be there and be one', (t) => {
  const folder = jail(t);
  foreseeDirectory(folder);
  assert.throws(() => foreseeDirectory(join(folder, 'none')), code('ENOENT'));
  assert.throws(() => foreseeDirectory(join(folder, 'file')), code('ENOTDIR'));
});
