import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { FreshFile, readBounded } from '../src/fresh-file.ts';
import { tempFolder } from './support/temp.ts';

suite('a file that may change', () => {
  test('is read once as long as it stays the same, and again when it has changed', (t) => {
    const path = join(tempFolder(t), 'file');
    let read = 0;
    const file = new FreshFile(path, (name) => [readFileSync(name, 'utf8'), ++read], []);
    assert.deepEqual(file.content, [], 'there is none yet');
    writeFileSync(path, 'one');
    assert.deepEqual(file.content, ['one', 1]);
    assert.deepEqual(file.content, ['one', 1]);
    writeFileSync(path, 'three');
    assert.deepEqual(file.content, ['three', 2]);
    rmSync(path);
    assert.deepEqual(file.content, []);
  });

  test('that could not be read is tried again', (t) => {
    const path = join(tempFolder(t), 'file');
    writeFileSync(path, 'text');
    let fails = true;
    const file = new FreshFile(
      path,
      () => {
        if (fails) throw new Error('no');
        return 'yes';
      },
      '',
    );
    assert.throws(() => file.content, /no/);
    fails = false;
    assert.equal(file.content, 'yes');
  });
});

test('a file is read up to a limit', (t) => {
  const path = join(tempFolder(t), 'file');
  writeFileSync(path, '12345');
  assert.equal(readBounded(path, 5), '12345');
  assert.throws(() => readBounded(path, 4), RangeError);
});
