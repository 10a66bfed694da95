/** The two places, by themselves: what stands at a path, who may come in, and how long anybody may take. */
// Tests: src/status/http/listen.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, lstatSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Desk } from '../../../src/status/desk.ts';
import type { AppOptions } from '../../../src/status/http/app.ts';
import type { SocketOwner } from '../../../src/status/http/listen.ts';
import { removeDead, serveUnix } from '../../../src/status/http/listen.ts';
import { ask } from '../../support/overcoat/status.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder } from '../../support/temp.ts';

const DESK: Desk = { read: async () => ({ kind: 'starting' }), control: undefined };
const OPTIONS: AppOptions = { desk: DESK, access: { hosts: 'without-dot', token: undefined }, changes: true };
const NOBODY: SocketOwner = { uid: undefined, gid: undefined };
const ANOTHER_GROUP = 65_534;

async function serve(t: TestContext, owner = NOBODY, options = OPTIONS): Promise<string> {
  const path = join(tempFolder(t), 'control.sock');
  const served = await serveUnix(path, owner, { options, early: false, replace: false });
  t.after(() => served.close());
  return path;
}

/** A socket that nobody has, as a process that was killed leaves it: its own was moved away before it was closed. */
async function deadSocket(path: string): Promise<void> {
  const server = createServer();
  await once(server.listen(`${path}.live`), 'listening');
  renameSync(`${path}.live`, path);
  server.close();
  assert.ok(lstatSync(path).isSocket());
}

test('who may not ask is cut off before a word; the kernel says who it is', { skip: requires({ linux: true }) }, async (t) => {
  const path = join(tempFolder(t), 'control.sock');
  const asked: (number | undefined)[] = [];
  let open = false;
  const admits = (pid: number | undefined): boolean => {
    asked.push(pid);
    return open;
  };
  const served = await serveUnix(path, NOBODY, { options: OPTIONS, early: false, replace: false, admits });
  t.after(() => served.close());
  await assert.rejects(ask(path, '/healthz'));
  open = true;
  assert.equal((await ask(path, '/healthz')).code, 200);
  assert.deepEqual(asked, [process.pid, process.pid]);
});

suite('what stands at the path of a control socket', () => {
  test('goes away where it is a socket that nobody has', async (t) => {
    const path = join(tempFolder(t), 'a.sock');
    await deadSocket(path);
    await removeDead(path);
    assert.equal(existsSync(path), false);
    await removeDead(path); // there is none: nothing happens
  });

  test('goes away beside it where a process has ended that was to take its place', async (t) => {
    const path = join(tempFolder(t), 'control.sock');
    const served = await serveUnix(path, NOBODY, { options: OPTIONS, early: false, replace: false });
    t.after(() => served.close());
    const beside = join(path, '..', '.77');
    await deadSocket(beside);
    await served.clearBeside(78);
    assert.equal(existsSync(beside), true);
    await served.clearBeside(77);
    assert.equal(existsSync(beside), false);
  });

  test('stays where it is anything else, also behind a link, and binding says that it is there', async (t) => {
    const folder = tempFolder(t);
    const [file, link, dead] = [join(folder, 'file'), join(folder, 'link'), join(folder, 'dead.sock')];
    writeFileSync(file, 'precious');
    await deadSocket(dead);
    symlinkSync(dead, link);
    for (const path of [file, link]) {
      await removeDead(path);
      await assert.rejects(serveUnix(path, NOBODY, { options: OPTIONS, early: false, replace: false }), { code: 'EADDRINUSE' });
    }
    assert.equal(readFileSync(file, 'utf8'), 'precious');
    assert.ok(lstatSync(link).isSymbolicLink() && lstatSync(dead).isSocket());
  });

  test('stays where somebody has it', async (t) => {
    const path = await serve(t);
    await removeDead(path);
    assert.equal((await ask(path, '/healthz')).code, 200);
  });

  test('stays where it says anything but that nobody has it', { skip: requires({ commands: ['python3'] }) }, async (t) => {
    const path = join(tempFolder(t), 'datagram.sock');
    const bind = `import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('${path}'); print('bound', flush=True); input()`;
    const owner = spawn('python3', ['-c', bind], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => owner.kill());
    await once(owner.stdout, 'data');
    await removeDead(path); // EPROTOTYPE
    assert.ok(lstatSync(path).isSocket());
  });
});

suite('the socket', () => {
  test('is gone as soon as it is closed, and what another has put there by then stays', async (t) => {
    const path = join(tempFolder(t), 'control.sock');
    const options = OPTIONS;
    const first = await serveUnix(path, NOBODY, { options, early: false, replace: false });
    first.close();
    assert.equal(existsSync(path), false);
    const second = await serveUnix(path, NOBODY, { options, early: false, replace: false });
    t.after(() => second.close());
    assert.equal((await ask(path, '/healthz')).code, 200);
  });

  test('is for its owner alone', async (t) => {
    assert.equal(statSync(await serve(t)).mode & 0o777, 0o600);
  });

  test('is for a group too where one is given', { skip: requires({ root: true }) }, async (t) => {
    const { mode, uid, gid } = statSync(await serve(t, { uid: ANOTHER_GROUP, gid: ANOTHER_GROUP }));
    assert.deepEqual([mode & 0o777, uid, gid], [0o660, ANOTHER_GROUP, ANOTHER_GROUP]);
  });

  test('of somebody else keeps its owner where binding fails', { skip: requires({ root: true }) }, async (t) => {
    const path = join(tempFolder(t), 'file');
    writeFileSync(path, '', { mode: 0o600 });
    chownSync(path, 0, 0);
    const owner = { uid: ANOTHER_GROUP, gid: ANOTHER_GROUP };
    await assert.rejects(serveUnix(path, owner, { options: OPTIONS, early: false, replace: false }), { code: 'EADDRINUSE' });
    const { mode, uid, gid } = statSync(path);
    assert.deepEqual([mode & 0o777, uid, gid], [0o600, 0, 0]);
  });
});

suite('a client', () => {
  test('that does not finish its request is sent away', { timeout: 30_000 }, async (t) => {
    const client = connect(await serve(t));
    t.after(() => client.destroy());
    client.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const [answer] = (await once(client, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 408 /);
    await once(client.resume(), 'close');
  });

  test('that sends request upon request without waiting for answers is cut off', async (t) => {
    let asked = 0;
    const desk: Desk = {
      read: async () => {
        asked += 1;
        return { kind: 'starting' };
      },
      control: undefined,
    };
    const client = connect(await serve(t, NOBODY, { ...OPTIONS, desk }));
    t.after(() => client.destroy());
    client.on('error', () => undefined).write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
    await once(client.resume(), 'close');
    assert.ok(asked <= 2, `${asked} were asked for`);
  });

  test('that comes when nothing can be loaded is sent away, and the next is served', async (t) => {
    let failures = 0;
    const options = {
      ...OPTIONS,
      get desk(): Desk {
        failures += 1;
        if (failures === 1) throw new Error('no memory');
        return DESK;
      },
    };
    const path = await serve(t, NOBODY, options);
    await assert.rejects(ask(path, '/healthz'), /EPIPE|ECONNRESET|hang up/);
    assert.equal((await ask(path, '/healthz')).code, 200);
  });
});
