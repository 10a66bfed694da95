import assert from 'node:assert/strict';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { withLock } from '../../../src/names/pins/file-lock.ts';
import { tempFolder } from '../../support/temp.ts';

suite('the lock between processes', () => {
  test('is held by one at a time, and gone afterwards', async (t) => {
    const file = join(tempFolder(t), 'lock');
    let inside = 0;
    const work = async (): Promise<void> => {
      assert.equal(++inside, 1);
      await new Promise(setImmediate);
      inside--;
    };
    await Promise.all(Array.from({ length: 10 }, () => withLock(file, work)));
    assert.equal(existsSync(file), false);
  });

  test('is given back when the work fails', async (t) => {
    const file = join(tempFolder(t), 'lock');
    await assert.rejects(
      withLock(file, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(existsSync(file), false);
  });

  test('is taken from who has held it for too long', async (t) => {
    const file = join(tempFolder(t), 'lock');
    writeFileSync(file, 'who knows\n');
    utimesSync(file, 1, 1);
    assert.equal(await withLock(file, async () => 'mine'), 'mine');
  });

  test('cannot be made where there is no folder', async (t) => {
    await assert.rejects(
      withLock(join(tempFolder(t), 'none', 'lock'), async () => undefined),
      { code: 'ENOENT' },
    );
  });
});
