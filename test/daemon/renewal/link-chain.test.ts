import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { linkChain } from '../../../src/daemon/renewal/link-chain.ts';
import { tempFolder } from '../../support/temp.ts';

test('every link on the way, the file at its end, and the place of what is missing', (t) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'archive/v1'), { recursive: true });
  writeFileSync(join(folder, 'archive/v1/key'), '');
  symlinkSync('archive/v1', join(folder, '..data'));
  symlinkSync('./..data/key', join(folder, 'key'));
  const at = (directory: string, name: string) => ({ directory: join(folder, directory), name });
  assert.deepEqual(linkChain(join(folder, 'key')), [at('.', 'key'), at('.', '..data'), at('archive/v1', 'key')]);
  assert.deepEqual(linkChain(join(folder, 'archive/../..data/other')), [at('.', '..data'), at('archive/v1', 'other')]);
  assert.deepEqual(linkChain(join(folder, 'gone/deep')), [at('.', 'gone')]);
});

test('links in a circle end', (t) => {
  const folder = tempFolder(t);
  symlinkSync('b', join(folder, 'a'));
  symlinkSync('a', join(folder, 'b'));
  assert.ok(linkChain(join(folder, 'a')).length <= 41);
});
