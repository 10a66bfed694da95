/**
 * `overcoat upgrade`: the program file, started again, takes the place of the running process. Nobody is refused, what is open ends where
 * it began, and a new process that cannot serve changes nothing.
 */
// Tests: src/daemon/upgrade/upgrade.ts, src/daemon/upgrade/passed-sockets.ts, src/daemon/upgrade/successor.ts, src/daemon/upgrade/predecessor.ts
// Tests: src/daemon/process/start-channel.ts, src/cli/tables/upgrade.ts, src/sockets/passed-socket.ts
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, collect, dial, echoServer, readExactly, receiveHash, sendPattern } from '../support/net/tcp.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import { ask, askJson } from '../support/overcoat/status.ts';
import { Program, runProgram, thisMachine } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const CLIENTS = 1;
const MIB = 2 ** 20;
/** Behind why. */
const NOT_UPGRADED = 'overcoat: Not upgraded: no other process has taken over\n';
const NOBODY = 65_534;

/** Plain in at `wrap`, TLS between the two services over a Unix socket, plain out to an echo. */
function sections(backend: number, accept: number | undefined = undefined): string {
  const { certFile, keyFile } = certificate('server');
  return [
    clientSection('wrap', { connect: '@/inner', ...(accept === undefined ? {} : { accept }) }),
    serverSection('unwrap', { accept: '@/inner', connect: backend, ...identity({ certFile, keyFile }) }),
  ].join('');
}

interface World {
  readonly daemon: Daemon;
  readonly port: number;
  readonly control: string;
  upgrade(): ReturnType<typeof runOvercoat>;
}

async function start(t: TestContext, options: Options = {}): Promise<World> {
  const backend = await echoServer(t);
  const config = optionLines({ control: '@/control', ...options }) + sections(backend.port);
  const daemon = await startDaemon(t, { config });
  const control = join(daemon.folder, 'control');
  return { daemon, port: await daemon.port('wrap'), control, upgrade: () => runOvercoat(['upgrade', '--control', control]) };
}

async function echoes(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.write('hello');
  assert.equal((await readExactly(socket, 5)).toString(), 'hello');
  socket.end();
  assert.equal((await collect(socket)).length, 0);
}

/** Clients one after the other, from now on. @returns ends them, and says how many there were; rejects where one was not served */
function steadyClients(t: TestContext, port: number): () => Promise<number> {
  let going = true;
  const clients = async (): Promise<number> => {
    let served = 0;
    for (; going; served += 1) await echoes(port);
    return served;
  };
  const all = Promise.all(Array.from({ length: CLIENTS }, clients));
  all.catch(() => undefined);
  t.after(() => {
    going = false;
  });
  return async () => {
    going = false;
    return (await all).reduce((sum, each) => sum + each, 0);
  };
}

/** The process that serves by now, asked over the control socket. */
async function servedBy(control: string): Promise<number> {
  return (await askJson<{ pid: number }>(control, '/api/v1/status')).pid;
}

function gone(pid: number): Promise<unknown> {
  return eventually(`process ${pid} is gone`, () => !existsSync(`/proc/${pid}`));
}

suite('an upgrade', { skip: requires({ linux: true }) }, () => {
  for (const { workers, rounds } of [
    { workers: 1, rounds: 2 },
    { workers: 2, rounds: 1 },
  ])
    test(`in the foreground, ${rounds} time(s), with ${workers} process(es) that serve: nobody is refused, and no byte is lost`, async (t) => {
      const status = await closedPort();
      const { daemon, port, control, upgrade } = await start(t, { workers, status });
      const stop = steadyClients(t, port);
      const pids = [daemon.pid];
      const transfers: Promise<void>[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const socket = await dial(t, port);
        socket.write('x');
        assert.equal((await readExactly(socket, 1)).toString(), 'x');
        const { code, stdout, stderr } = await upgrade();
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^Overcoat \S+ serves as process \d+; \d+ connection\(s\) stay with the process before until they end\.\n$/);
        pids.push(await servedBy(control));
        transfers.push(
          (async () => {
            const received = receiveHash(socket);
            const sent = await sendPattern(socket, 4 * MIB, round);
            socket.end();
            assert.deepEqual(await received, { bytes: 4 * MIB, sha256: sent });
          })(),
        );
      }
      await Promise.all(transfers);
      const served = await stop();
      assert.ok(served > 10, `${served} clients`);
      assert.equal(new Set(pids).size, rounds + 1);
      assert.equal((await ask(status, '/readyz')).body, 'ok\n');
      await daemon.stop({ holding: true }); // whoever started it waits for this process, which ends with the last one
      await Promise.all(pids.map(gone));
      assert.equal(existsSync(control), false);
      assert.equal(existsSync(join(daemon.folder, 'inner')), false);
      await assert.rejects(dial(t, port), { code: 'ECONNREFUSED' });
    });

  test('reads the configuration: other workers, services and addresses', async (t) => {
    const { daemon, port, control, upgrade } = await start(t, { workers: 2 });
    const timesBound = (): number => daemon.lines.filter((line) => line.includes('Service [wrap] bound to')).length;
    const text = readFileSync(daemon.configFile, 'utf8').replace(/^workers = .*$/m, 'workers = 1');
    writeFileSync(daemon.configFile, `${text.replaceAll('@/', `${daemon.folder}/`)}${clientSection('more', { connect: 1 })}`);
    const stop = steadyClients(t, port);
    assert.equal((await upgrade()).code, 0);
    const services = async () =>
      (await askJson<{ services: { name: string; addresses: string[] }[] }>(control, '/api/v1/services')).services;
    assert.deepEqual((await services())[0]?.addresses, [`127.0.0.1:${port}`], 'one address, whatever sockets it has');
    assert.equal(timesBound(), 2, 'once a process');
    writeFileSync(daemon.configFile, readFileSync(daemon.configFile, 'utf8').replace(/^workers = .*$/m, 'workers = 3'));
    assert.equal((await upgrade()).code, 0);
    assert.equal(timesBound(), 3);
    assert.ok((await stop()) > 5);
    assert.deepEqual(
      (await services()).map(({ name }) => name),
      ['wrap', 'unwrap', 'more'],
    );
    await daemon.stop({ holding: true });
  });

  test('that cannot serve says why, and changes nothing', async (t) => {
    const { daemon, port, control, upgrade } = await start(t, { pid: '@/pid', workers: 2 });
    const stop = steadyClients(t, port);
    appendFileSync(daemon.configFile, 'nonsense = 1\n');
    const wrong = await upgrade();
    assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
    assert.match(wrong.stderr, /overcoat\.conf:\d+.*nonsense/);
    await daemon.line('Failed to upgrade: this process serves on');
    const taken = await echoServer(t);
    writeFileSync(
      daemon.configFile,
      readFileSync(daemon.configFile, 'utf8').replace(
        'nonsense = 1\n',
        clientSection('fresh', { accept: `${daemon.folder}/fresh`, connect: 1 }) +
          clientSection('late', { accept: taken.port, connect: 1 }),
      ),
    );
    const bound = await upgrade();
    assert.match(bound.stderr, /\[late\]/);
    assert.equal(bound.code, 1);
    assert.equal(existsSync(join(daemon.folder, 'fresh')), false);
    assert.equal(await servedBy(control), daemon.pid);
    assert.equal(readFileSync(join(daemon.folder, 'pid'), 'utf8'), `${daemon.pid}\n`);
    writeFileSync(daemon.configFile, 'client = yes\nconnect = 1\n');
    assert.deepEqual(
      [(await upgrade()).stderr, await servedBy(control)],
      [`overcoat: The new configuration has no [section]: nothing would be served\n${NOT_UPGRADED}`, daemon.pid],
    );
    assert.ok((await stop()) > 5);
    await echoes(port);
    await daemon.stop({ holding: true });
  });

  test('ends with the process that is told to end meanwhile', async (t) => {
    const { daemon, port, upgrade } = await start(t, { pid: '@/pid' });
    holdReaders(daemon.configFile);
    const asked = upgrade();
    const next = await childOf(daemon.pid);
    t.after(() => {
      if (existsSync(`/proc/${next}`)) process.kill(next, 'SIGKILL');
    });
    await daemon.stop({ holding: true });
    await gone(next);
    assert.notEqual((await asked).code, 0);
    assert.equal(existsSync(join(daemon.folder, 'pid')), false);
    await assert.rejects(dial(t, port), { code: 'ECONNREFUSED' });
  });

  test('leaves a process that drains no address: the next start finds them free', async (t) => {
    const manager = await fakeManager(t);
    const backend = await echoServer(t);
    const [status, dns] = [await closedPort(), await closedPort()];
    const config = optionLines({ control: '@/control', workers: 2, status, dnsListen: `127.0.0.1:${dns}` }) + sections(backend.port);
    const daemon = await startDaemon(t, { config, env: { NOTIFY_SOCKET: manager.path } });
    const port = await daemon.port('wrap');
    const open = await dial(t, port);
    open.write('x');
    await readExactly(open, 1);
    const control = join(daemon.folder, 'control');
    assert.equal((await runOvercoat(['upgrade', '--control', control])).code, 0);
    for (const each of [port, status, dns]) (await dial(t, each)).destroy();
    const next = await servedBy(control);
    process.kill(next, 'SIGTERM');
    await gone(next);
    assert.ok(existsSync(`/proc/${daemon.pid}`));
    for (const each of [port, status, dns]) await assert.rejects(dial(t, each), { code: 'ECONNREFUSED' }, String(each));
    open.write('y');
    assert.equal((await readExactly(open, 1)).toString(), 'y');
    open.end();
    await gone(daemon.pid);
  });

  test('passes on a reload that was asked for meanwhile', async (t) => {
    const { daemon, control, upgrade } = await start(t);
    const before = readFileSync(daemon.configFile, 'utf8');
    appendFileSync(daemon.configFile, clientSection('more', { connect: 1 }));
    const release = holdReaders(daemon.configFile);
    const asked = upgrade();
    await childOf(daemon.pid);
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.line('SIGHUP');
    release(before);
    const { code, stderr } = await asked;
    assert.equal(code, 0, stderr);
    await eventually('the new process has reloaded', async () => {
      const { services } = await askJson<{ services: { name: string }[] }>(control, '/api/v1/services');
      return services.some(({ name }) => name === 'more');
    });
    await daemon.stop({ holding: true });
  });

  test('carries out orders that waited for it, in the process that serves by then', async (t) => {
    const { daemon, control, upgrade } = await start(t);
    const text = readFileSync(daemon.configFile, 'utf8');
    const release = holdReaders(daemon.configFile);
    const first = upgrade();
    await childOf(daemon.pid);
    const [reloading, second] = [runOvercoat(['reload', '--control', control]), upgrade()];
    await eventually('all three have asked', () => socketsNamed(control) === 1 + 3);
    release(text);
    const [{ code, stderr }, reloaded, again] = await Promise.all([first, reloading, second]);
    assert.equal(code, 0, stderr);
    assert.deepEqual([reloaded.code, reloaded.stdout], [0, 'Reloaded; no service has changed.\n'], reloaded.stderr);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, new RegExp(` serves as process ${await servedBy(control)}[.;]`));
    await daemon.stop({ holding: true });
  });

  test('keeps a service drained', async (t) => {
    const { daemon, port, control, upgrade } = await start(t);
    assert.equal((await ask(control, '/api/v1/services/wrap/drain', { method: 'POST' })).code, 200);
    assert.equal((await upgrade()).code, 0);
    await assert.rejects(dial(t, port), { code: 'ECONNREFUSED' });
    assert.match((await ask(control, '/readyz')).body, /\[wrap\] is drained/);
    await daemon.stop({ holding: true });
  });

  test('in the background: the pid file is of the new process, and the old one is gone when its connections are', async (t) => {
    const folder = tempFolder(t);
    const config = join(folder, 'overcoat.conf');
    const port = await closedPort();
    const backend = await echoServer(t);
    const pid = (): number => Number(readFileSync(join(folder, 'pid'), 'utf8'));
    t.after(() => {
      if (existsSync(join(folder, 'pid'))) process.kill(pid(), 'SIGKILL');
    });
    const head = optionLines({ syslog: false, pid: '@/pid', output: '@/log', control: '@/control' });
    writeFileSync(config, (head + sections(backend.port, port)).replaceAll('@/', `${folder}/`));
    const started = await runProgram([join(BIN, 'overcoat-stunnel'), config]);
    assert.equal(started.code, 0, started.stderr);
    const first = pid();
    const open = await dial(t, port);
    open.write('x');
    await readExactly(open, 1);
    const { code, stderr } = await runOvercoat(['upgrade', '--control', join(folder, 'control')]);
    assert.equal(code, 0, stderr);
    const second = pid();
    assert.notEqual(second, first);
    await echoes(port);
    open.write('y');
    assert.equal((await readExactly(open, 1)).toString(), 'y');
    open.end();
    await gone(first);
    await echoes(port);
    process.kill(second, 'SIGTERM');
    await gone(second);
    assert.equal(existsSync(join(folder, 'pid')), false);
    assert.doesNotMatch(readFileSync(join(folder, 'log'), 'utf8'), /INTERNAL ERROR/);
  });

  test('is refused in a jail, with the way out', { skip: requires({ root: true }) }, async (t) => {
    const jail = tempFolder(t);
    const { daemon, upgrade } = await start(t, { chroot: jail });
    const { code, stderr } = await upgrade();
    assert.deepEqual(
      [code, stderr],
      [1, `overcoat: chroot = ${jail}: the program file is out of reach from inside, so it cannot be started: restart it\n${NOT_UPGRADED}`],
    );
    await daemon.stop({ holding: true });
  });

  test("works as another user who may read the files, and not where a key is root's", { skip: requires({ root: true }) }, async (t) => {
    const folder = tempFolder(t);
    chmodSync(folder, 0o777);
    const backend = await echoServer(t);
    const { certFile, keyFile } = certificate('server');
    const key = join(folder, 'key');
    copyFileSync(keyFile, key);
    chownSync(key, NOBODY, NOBODY);
    const head = optionLines({ setuid: NOBODY, setgid: NOBODY, control: `${folder}/control`, pid: `${folder}/pid` });
    const text = serverSection('svc', { connect: backend.port, ...identity({ certFile, keyFile: key }) });
    const daemon = await startDaemon(t, { config: head + text, place: { ...thisMachine, otherUser: true } });
    for (const path of [daemon.folder, daemon.configFile]) chmodSync(path, 0o755);
    const control = join(folder, 'control');
    const { code, stderr } = await runOvercoat(['upgrade', '--control', control]);
    assert.equal(code, 0, stderr);
    const pid = await servedBy(control);
    assert.equal(statSync(`/proc/${pid}`).uid, NOBODY);
    assert.equal(readFileSync(join(folder, 'pid'), 'utf8'), `${pid}\n`);
    chownSync(key, 0, 0);
    const refused = await runOvercoat(['upgrade', '--control', control]);
    assert.equal(refused.code, 1);
    assert.ok(refused.stderr.includes(`key = ${key}: Permission denied; let user nobody (uid ${NOBODY}) read it`), refused.stderr);
    assert.equal(await servedBy(control), pid);
    await daemon.stop({ holding: true });
  });

  test('tells systemd which process is the main one before that says it is ready', async (t) => {
    const manager = await fakeManager(t);
    const backend = await echoServer(t);
    const config = optionLines({ control: '@/control' }) + sections(backend.port);
    const daemon = await startDaemon(t, { config, env: { NOTIFY_SOCKET: manager.path } });
    const port = await daemon.port('wrap');
    await eventually('it is ready', () => manager.said().includes('READY=1'));
    const open = await dial(t, port);
    open.write('x');
    await readExactly(open, 1);
    const control = join(daemon.folder, 'control');
    const { code, stderr } = await runOvercoat(['upgrade', '--control', control]);
    assert.equal(code, 0, stderr);
    const pid = await servedBy(control);
    t.after(() => {
      if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
    });
    await eventually('the new one is ready', () => manager.said().split('READY=1').length === 3);
    const [, , later = ''] = manager.said().split('READY=1');
    assert.ok(manager.said().indexOf(`MAINPID=${pid}`) < manager.said().lastIndexOf('READY=1'), manager.said());
    assert.match(later, new RegExp(`^\nMAINPID=${pid}\n`));
    open.end();
    await gone(daemon.pid); // nobody waits for it
    await echoes(port);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    assert.match(manager.said(), /STOPPING=1\n$/);
  });
});

/** Whoever reads the file waits from now on. @returns says what those have read, and makes it the file it was */
function holdReaders(file: string): (text: string) => void {
  const aside = `${file}.aside`;
  renameSync(file, aside);
  assert.equal(spawnSync('mkfifo', [file]).status, 0);
  return (text) => {
    const writer = openSync(file, 'w'); // returns when somebody reads
    renameSync(aside, file);
    writeSync(writer, text);
    closeSync(writer);
  };
}

/** Of the process as it starts its next self; it has no other child. */
function childOf(pid: number): Promise<number> {
  return eventually(
    'it has a child',
    () => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').at(-1)) || undefined,
  );
}

/** How many sockets have this path: the one that listens, and each that it has accepted (proc(5), /proc/net/unix). */
function socketsNamed(path: string): number {
  return readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .filter((line) => line.endsWith(` ${path}`)).length;
}

/** The socket of a service manager, and all that was said to it. */
async function fakeManager(t: TestContext): Promise<{ readonly path: string; said(): string }> {
  const path = join(tempFolder(t), 'notify');
  const log = join(tempFolder(t), 'said');
  const receiver = new Program(['socat', '-u', `UNIX-RECV:${path}`, `CREATE:${log}`]);
  t.after(() => receiver.stop('SIGKILL'));
  await eventually('it listens', () => existsSync(path));
  return { path, said: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}
