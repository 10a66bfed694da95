import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { bootId, processStartTime } from '../../src/gateway/state.ts';
import { requires } from '../support/requirements.ts';

suite('the identity of a process', { skip: requires({ linux: true }) }, () => {
  test('is its start time, the same as long as it lives and gone with it', async () => {
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

  test('is bound to this boot', () => assert.match(bootId(), /^[0-9a-f-]{36}$/));
});
