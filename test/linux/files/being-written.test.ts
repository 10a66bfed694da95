import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isBeingWritten } from '../../../src/linux/files/being-written.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder } from '../../support/temp.ts';

test('a file is being written while somebody has it open for that', { skip: requires({ linux: true }) }, (t) => {
  const file = join(tempFolder(t), 'f');
  writeFileSync(file, 'x');
  assert.equal(isBeingWritten(file), false);
  const reader = openSync(file, 'r');
  assert.equal(isBeingWritten(file), false, 'readers do not count');
  const writer = openSync(file, 'a');
  assert.equal(isBeingWritten(file), true);
  closeSync(writer);
  assert.equal(isBeingWritten(file), false);
  closeSync(reader);
  assert.equal(isBeingWritten(join(file, 'nothing')), false);
});
