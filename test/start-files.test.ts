import assert from 'node:assert/strict';
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  isStartPath,
  listStartFolder,
  pathsRead,
  readStartFile,
  readStartStore,
  recordingFiles,
  replayingFiles,
  statStartFile,
} from '../src/start-files.ts';
import { tempFolder } from './support/temp.ts';

test('what was read once is read again without the disk, errors included, also from a clone', (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'a');
  writeFileSync(file, 'content');
  const work = (): unknown[] => {
    let code: string | undefined;
    try {
      readStartFile(join(folder, 'missing'));
    } catch (error) {
      code = (error as NodeJS.ErrnoException).code;
    }
    return [readStartFile(file).toString(), listStartFolder(folder), statStartFile(file)?.isFile, statStartFile(join(folder, 'b')), code];
  };
  const { result, files } = recordingFiles(work);
  assert.deepEqual(result, ['content', ['a'], true, undefined, 'ENOENT']);
  unlinkSync(file);
  assert.deepEqual(replayingFiles(structuredClone(files), work), result);
  assert.throws(() => replayingFiles(files, () => readStartFile('/elsewhere')), /nobody has read this before/);
});

test('what a provider keeps is read once too, and its URI, which may hold a PIN, is no path', () => {
  const uri = 'pkcs11:object=x?pin-value=1234';
  const { result, files } = recordingFiles(() => [isStartPath(uri), readStartStore(uri, () => ['a certificate'])]);
  const again = replayingFiles(structuredClone(files), () => [
    isStartPath(uri),
    readStartStore(uri, () => assert.fail('it was asked again')),
  ]);
  assert.deepEqual(again, result);
  assert.deepEqual(pathsRead(files), []);
  const unread = (): unknown => replayingFiles(new Map(), () => readStartStore(uri, () => []));
  assert.throws(unread, (error: Error) => !error.message.includes('1234'));
  assert.equal(isStartPath(`${uri}${'x'.repeat(10_000)}`), false, 'too long for a name');
});
