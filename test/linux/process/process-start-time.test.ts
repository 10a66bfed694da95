import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { processStartTime } from '../../../src/linux/process/process-start-time.ts';
import { requires } from '../../support/requirements.ts';

test('a process is known by its start time, the same as long as it lives and gone with it', {
  skip: requires({ linux: true }),
}, async () => {
  const child = spawn('sleep', ['1000']);
  await once(child, 'spawn');
  const first = processStartTime(child.pid ?? -1);
  assert.match(first ?? '', /^\d+$/);
  assert.equal(processStartTime(child.pid ?? -1), first);
  assert.notEqual(processStartTime(process.pid), undefined);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(processStartTime(child.pid ?? -1), undefined);
});
