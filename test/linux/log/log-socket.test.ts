/** A log daemon that hangs, ends and comes back: nobody waits for it, what it does not take is lost and told so, and it is found again. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { LogSocket } from '../../../src/linux/log/log-socket.ts';
import { eventually } from '../../support/eventually.ts';
import { Program } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder } from '../../support/temp.ts';

/** Prints what comes to a datagram socket at a path, where another may have been. */
const RECEIVER = `
import os, socket, sys
if os.path.exists(sys.argv[1]): os.unlink(sys.argv[1])
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print('bound', flush=True)
while True: print(receiver.recv(65536).decode(), flush=True)
`;

async function receive(t: TestContext, path: string): Promise<Program> {
  const receiver = new Program(['python3', '-c', RECEIVER, path]);
  t.after(() => receiver.kill('SIGKILL'));
  await receiver.saw(/^bound$/m);
  return receiver;
}

suite('a log socket', { skip: requires({ linux: true, commands: ['python3'] }) }, () => {
  test('finds a log daemon that was gone and is back, and says what was lost meanwhile', async (t) => {
    const path = join(tempFolder(t), 'log');
    const first = await receive(t, path);
    const log = new LogSocket(path);
    t.after(() => log.close());
    assert.equal(log.send('one'), 'sent');
    await first.saw(/^one$/m);
    first.kill('SIGKILL');
    await first.finished;
    assert.equal(log.send('two'), 'lost');
    assert.equal(log.everConnected, true);
    const second = await receive(t, path);
    await eventually('it is connected again', () => log.send('three') === 'sent');
    await second.saw(/^three$/m);
  });

  test('waits for no log daemon that hangs', async (t) => {
    const path = join(tempFolder(t), 'log');
    const receiver = await receive(t, path);
    const log = new LogSocket(path);
    t.after(() => log.close());
    receiver.kill('SIGSTOP');
    let sent = 0;
    while (sent < 100_000 && log.send(`line ${sent}`) === 'sent') sent += 1;
    assert.ok(sent < 100_000, 'its queue has an end');
    receiver.kill('SIGCONT');
    await receiver.saw(new RegExp(`^line ${sent - 1}$`, 'm'));
    assert.equal(log.send('after'), 'sent');
    await receiver.saw(/^after$/m);
  });
});
