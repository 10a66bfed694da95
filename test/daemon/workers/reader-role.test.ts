import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReaderRole } from '../../../src/daemon/workers/reader-role.ts';
import { tempFolder } from '../../support/temp.ts';

test('the reader reads what its role named, and nothing that an order adds', async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'a'), 'mine');
  writeFileSync(join(folder, 'b'), 'secret');
  const reader = new ReaderRole({ kind: 'reader', mayRead: ['file a'], folder }, { filesChanged: () => undefined });
  t.after(() => reader.cutOff());
  const watch = (...questions: string[]) => ({ questions, folder, everyMs: 60_000, notices: false });
  await reader.carryOut({ kind: 'watch-files', orders: [{ ...watch('file a', 'file b'), folder: '/' }] });
  const answer = await reader.carryOut({ kind: 'read-files' });
  assert.deepEqual(answer?.kind === 'files-read' ? [...answer.files.keys()] : answer, ['file a']);
  const read = answer?.kind === 'files-read' ? answer.files.get('file a') : undefined;
  assert.equal(read?.kind, 'value', 'its folder is that of the role');
});
