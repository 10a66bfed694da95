import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReaderRole } from '../../../src/daemon/workers/reader-role.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import { dropContexts } from '../../support/dropped-contexts.ts';
import { eventually } from '../../support/eventually.ts';
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

test('what a reader has left behind is freed soon after it is told of other files', async (t) => {
  const folder = tempFolder(t);
  const reader = new ReaderRole({ kind: 'reader', mayRead: [], folder }, { filesChanged: () => undefined });
  t.after(() => reader.cutOff());
  const before = handlesAlive('context');
  dropContexts(50);
  await reader.carryOut({ kind: 'watch-files', orders: [] });
  await eventually('all are freed', () => handlesAlive('context') === before);
});
