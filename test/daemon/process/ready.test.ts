/** What systemd is told when another process takes over. The rest of it is in test/behaviour/systemd.test.ts. */
// Tests: src/daemon/process/ready.ts
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { findManager } from '../../../src/daemon/process/ready.ts';
import { eventually } from '../../support/eventually.ts';
import { Program } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder } from '../../support/temp.ts';

suite('systemd', { skip: requires({ linux: true, commands: ['socat'] }) }, () => {
  test('hears nothing more of a process that has handed over', async (t) => {
    const folder = tempFolder(t);
    const [path, log] = [join(folder, 'notify'), join(folder, 'said')];
    const receiver = new Program(['socat', '-u', `UNIX-RECV:${path}`, `CREATE:${log}`]);
    t.after(() => receiver.stop('SIGKILL'));
    await eventually('it listens', () => existsSync(path));
    const [first, second] = [await findManager({ NOTIFY_SOCKET: path }), await findManager({ NOTIFY_SOCKET: path })];
    first.now('serves');
    assert.equal(first.handOver(17), true);
    first.now('drains');
    first.stopping();
    second.now('serves as well');
    await eventually('the second was heard', () => readFileSync(log, 'utf8').includes('as well'));
    assert.equal(readFileSync(log, 'utf8'), 'STATUS=serves\nMAINPID=17\nSTATUS=serves as well\n');
  });
});
