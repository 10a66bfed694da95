/** More clients than the process has descriptors for: some are turned away, nothing else happens, and it is over when they leave. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually, within } from '../support/eventually.ts';
import { dial, echoServer, readExactly } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { clientSection, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import type { Place } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const FEW: Place = { name: 'few descriptors', enter: (argv) => ['prlimit', '--nofile=256', ...argv] };
const NEEDS = { skip: requires({ linux: true, commands: ['prlimit'] }) };
const CLIENTS = 1000;

/** One service of each mode, so that the limit is seen to be that of the process. */
async function start(t: TestContext): Promise<{ readonly daemon: Daemon; readonly limit: number }> {
  const backend = await echoServer(t);
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const unwrap = serverSection('unwrap', { connect: backend.port });
  const wrap = clientSection('wrap', { connect: upstream.port });
  const daemon = await startDaemon(t, { config: unwrap + wrap, place: FEW });
  const line = await daemon.line(/LOG7\[ui\]: Clients allowed=(\d+)/);
  return { daemon, limit: Number(line.slice(line.indexOf('=') + 1)) };
}

/** Opens connections without waiting for each other; `open` are those that were not closed. */
function crowd(t: TestContext, port: number, count: number): { readonly open: ReadonlySet<Socket>; leave(): Promise<unknown> } {
  const open = new Set<Socket>();
  for (let each = 0; each < count; each += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    open.add(socket);
    socket.on('error', () => undefined); // a reset is one way to be turned away
    socket.once('close', () => open.delete(socket));
    socket.resume();
  }
  t.after(() => {
    for (const socket of open) socket.destroy();
  });
  const leave = (): Promise<unknown> => {
    const left = [...open].map((socket) => once(socket, 'close'));
    for (const socket of open) socket.destroy();
    return Promise.all(left);
  };
  return { open, leave };
}

/** The processes that accept. */
function servingIn(daemon: Daemon): readonly number[] {
  const workers = workersOf(daemon.pid);
  return workers.length === 0 ? [daemon.pid] : workers;
}

function rejected(daemon: Daemon): number {
  return daemon.lines.filter((line) => line.includes('Connection rejected: too many clients')).length;
}

/** User and system time of a process in seconds (proc(5), stat: fields 14 and 15, in ticks of 1/100 s). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** None of them tries the same for ever: once what was under way is done, a second goes by in which each uses little of it. */
function areQuiet(pids: readonly number[]): Promise<unknown> {
  return eventually('nobody is kept busy', async () => {
    const before = pids.map(cpuSeconds);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // what they do in this second is what is measured
    return pids.every((pid, index) => cpuSeconds(pid) - (before[index] as number) < 0.2);
  });
}

suite('too many clients', { concurrency: true }, () => {
  test('are turned away and counted over all services; who is in is served, and all is well when they leave', NEEDS, async (t) => {
    const { daemon, limit } = await start(t);
    assert.ok(limit >= 80 && limit <= 125, `${limit}`); // stunnel's is 125
    const inside = await dialTls(t, await daemon.port('unwrap'), { servername: 'localhost' });
    const { open, leave } = crowd(t, await daemon.port('wrap'), CLIENTS);
    await eventually('all but the limit are turned away', () => open.size === limit - 1);
    await daemon.line(new RegExp(`LOG4\\[main\\]: Connection rejected: too many clients \\(>=${limit}\\)`));
    await eventually('each is counted', () => rejected(daemon) === CLIENTS - (limit - 1));

    const stillServed = [...open][0] as Socket;
    stillServed.write('in');
    assert.equal((await readExactly(stillServed, 2)).toString(), 'in');
    inside.write('also in');
    assert.equal((await readExactly(inside, 7)).toString(), 'also in');
    assert.deepEqual(
      daemon.lines.filter((line) => /EMFILE|Too many open files/.test(line)),
      [],
    );

    await areQuiet([daemon.pid]);

    await leave();
    const left = performance.now();
    const next = await eventually('somebody new is served', async () => {
      const client = await dial(t, await daemon.port('wrap'));
      client.write('new');
      return (await within('an answer', Promise.race([readExactly(client, 3), once(client, 'close').then(() => undefined)]))) && client;
    });
    assert.ok(performance.now() - left < 2000, `${performance.now() - left} ms`);
    next.destroy();
    inside.destroy();
    await daemon.stop();
  });

  test('that say nothing are no different', NEEDS, async (t) => {
    const { daemon, limit } = await start(t);
    const { open, leave } = crowd(t, await daemon.port('unwrap'), CLIENTS);
    await eventually('all but the limit are turned away', () => open.size === limit);
    await leave();
    const client = await eventually('somebody new is served', async () =>
      dialTls(t, await daemon.port('unwrap'), { servername: 'localhost' }),
    );
    client.write('new');
    assert.equal((await readExactly(client, 3)).toString(), 'new');
    client.destroy();
    await daemon.stop();
  });

  test(
    'a process without a single descriptor serves on and tries now and then; who waits is let in when there is one',
    NEEDS,
    async (t) => {
      const { daemon } = await start(t);
      const port = await daemon.port('wrap');
      const inside = await dial(t, port);
      inside.write('before');
      await readExactly(inside, 6);
      const serving = servingIn(daemon);
      for (const pid of serving) execFileSync('prlimit', ['--pid', String(pid), '--nofile=3:256']);
      const waiting = await dial(t, port);
      waiting.write('waiting');
      await daemon.line(/Too many open files \(24\)/);
      await areQuiet(serving);
      inside.write('still');
      assert.equal((await readExactly(inside, 5)).toString(), 'still');
      for (const pid of serving) execFileSync('prlimit', ['--pid', String(pid), '--nofile=256:256']);
      assert.equal((await readExactly(waiting, 7)).toString(), 'waiting');
      for (const socket of [inside, waiting]) socket.destroy();
      await daemon.stop();
    },
  );

  test('descriptors that run out all the same end nothing, and are found again', NEEDS, async (t) => {
    const { daemon } = await start(t);
    const serving = servingIn(daemon);
    for (const pid of serving) {
      const open = readdirSync(`/proc/${pid}/fd`).length;
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${open + 3}:256`]);
    }
    const { open: left, leave } = crowd(t, await daemon.port('wrap'), 200);
    await eventually('those without a descriptor are turned away', () => left.size <= 3 * serving.length);
    await areQuiet(serving);
    await leave();
    for (const pid of serving) execFileSync('prlimit', ['--pid', String(pid), '--nofile=256:256']);
    const client = await dialTls(t, await daemon.port('unwrap'), { servername: 'localhost' });
    client.write('new');
    assert.equal((await readExactly(client, 3)).toString(), 'new');
    client.destroy();
    await daemon.stop();
  });
});
