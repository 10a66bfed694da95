/**
 * Faults of the machine and of our own processes under a running daemon: it serves on or is back within two seconds, says each once with the
 * remedy, in the log and in the list of problems, and leaves nothing behind.
 */
// Tests: src/status/ledger/daemon-problems.ts, src/daemon/workers/worker.ts, src/linux/process/memory-kills.ts, src/status/records.ts
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { clockOf } from '../support/faults/machine.ts';
import { faultsOf, processesOf } from '../support/faults/processes.ts';
import { echoes } from '../support/net/echoes.ts';
import { closedPort, dial, ending, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import type { Daemon, DaemonOptions } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { askJson, problemsOf } from '../support/overcoat/status.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const BACK_MS = 2000;
/** Until a client is served where ten come at a time and processes begin: on a machine that is busy with other tests, too. */
const BUSY_MS = 10_000;
/** What a stop takes at most beyond TIMEOUTdrain, which a service manager is told by TimeoutStopSec, and what a busy machine adds. */
const END_MS = 6000 + 1500;
const MEMORY_GROUPS = '/sys/fs/cgroup/memory';

interface World {
  readonly daemon: Daemon;
  readonly control: string;
  readonly upstream: number;
  call(): Promise<Socket>;
}

/** A client service to a server that echoes. */
async function start(t: TestContext, globals: Options = {}, options: Partial<DaemonOptions> = {}): Promise<World> {
  const { port: upstream } = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const control = join(tempFolder(t), 'control');
  const config = optionLines({ control, ...globals }) + clientSection('svc', { connect: upstream });
  const daemon = await startDaemon(t, { config, ...options });
  const port = await daemon.port('svc');
  return { daemon, control, upstream, call: () => dial(t, port) };
}

/** Somebody new is served within two seconds. */
async function servesSoon({ call }: World): Promise<void> {
  const startedAt = performance.now();
  const socket = await call();
  await echoes(socket, 'new');
  assert.ok(performance.now() - startedAt < BACK_MS, `${performance.now() - startedAt} ms`);
  socket.destroy();
}

async function oneProblem(control: string, code: string, text: RegExp): Promise<void> {
  const found = await eventually(`the problem ${code}`, async () => {
    const all = (await problemsOf(control)).filter((problem) => problem.code === code);
    return all.length > 0 ? all : undefined;
  });
  assert.equal(found.length, 1, JSON.stringify(found));
  assert.match(found[0]?.text ?? '', text);
  assert.ok((found[0]?.remedy ?? '').length > 20);
}

suite('faults', { skip: requires({ linux: true, checkout: true }), concurrency: 3 }, () => {
  test('a worker that crashes, and one that is killed, are one problem each; the port refuses nobody', async (t) => {
    const world = await start(t, { workers: 2 });
    const { daemon, control } = world;
    await daemon.line('A spare worker is ready');
    daemon.takeBaseline();
    const { worker } = faultsOf(daemon);
    for (const signal of ['SIGSEGV', 'SIGKILL'] as const) {
      const from = daemon.lines.length;
      await worker(signal);
      await daemon.line(/Worker \d replaced after/, { from, within: BACK_MS });
      await servesSoon(world);
    }
    const told = await eventually('both', async () => {
      const all = (await problemsOf(control)).filter(({ code }) => code === 'daemon_process');
      return all.length === 2 ? all : undefined;
    });
    for (const [index, signal] of ['SIGKILL', 'SIGSEGV'].entries()) assert.match(told[index]?.text ?? '', new RegExp(signal));
    await daemon.line('A spare worker is ready', { from: daemon.lines.length - 3 }).catch(() => undefined);
    await daemon.stop({ holding: true });
  });

  for (const [where, globals] of [
    ['', {}],
    [' in a jail', { setuid: 'nobody', setgid: 'nogroup' }],
  ] as const satisfies readonly (readonly [string, Options])[])
    test(`the service process and right after it a worker${where}: the worker has the spare, no client is refused or waits`, {
      skip: where !== '' && requires({ root: true }),
    }, async (t) => {
      const status = `127.0.0.1:${await closedPort()}`;
      const world = await start(t, { workers: 2, status, ...globals, ...(where === '' ? {} : { chroot: tempFolder(t) }) });
      const { daemon } = world;
      const spares = where === '' ? 1 : 2;
      const before = await eventually('the spares', () => {
        const found = processesOf(daemon, 'spare');
        return found.length === spares ? found : undefined;
      });
      await daemon.line('A spare worker is ready');
      daemon.takeBaseline();
      const arrivals = arriving(world);
      const { service, worker } = faultsOf(daemon);
      const from = daemon.lines.length;
      await service('SIGKILL');
      await daemon.line('The service process ended: signal SIGKILL', { from });
      await worker('SIGKILL');
      await daemon.line(/Worker \d replaced after/, { from, within: BACK_MS });
      await daemon.line('The service process replaced after', { from });
      const { served, longestMs } = await arrivals.stop();
      t.diagnostic(`${served} clients, the longest wait ${Math.round(longestMs)} ms`);
      assert.ok(served > 0 && longestMs < BUSY_MS, `${served} served, ${longestMs} ms`);
      assert.ok(
        before.some((pid) => processesOf(daemon, 'worker').includes(pid)),
        'the spare is a worker now',
      );
      await daemon.stop({ holding: true });
    });

  test('a worker that is stopped, or hangs, is told of with what to do, and what waited for it goes on by that', async (t) => {
    const world = await start(t, { workers: 2 });
    const { daemon, control } = world;
    await daemon.line('A spare worker is ready');
    daemon.takeBaseline();
    for (const remedy of ['CONT', '9'] as const) {
      const [stopped = 0] = processesOf(daemon, 'worker');
      process.kill(stopped, 'SIGSTOP');
      const from = daemon.lines.length;
      const reloading = runOvercoat(['reload', '--control', control]);
      await daemon.line(new RegExp(`LOG4.*Process ${stopped} of ours has not answered .*kill -${remedy} ${stopped}`), { from });
      execFileSync('kill', [`-${remedy}`, String(stopped)]);
      assert.equal((await reloading).code, 0);
      assert.equal(daemon.lines.slice(from).filter((line) => line.includes('has not answered')).length, 1);
      await eventually('both workers are there', () => processesOf(daemon, 'worker').length === 2);
      await servesSoon(world);
    }
    await daemon.stop({ holding: true });
  });

  for (const drainMs of [0, 1000])
    test(`a worker that hangs with a connection keeps no stop from its end, TIMEOUTdrain ${drainMs} ms`, async (t) => {
      const world = await start(t, { workers: 1, confine: true, TIMEOUTdrain: drainMs / 1000 });
      const { daemon, call } = world;
      await echoes(await call(), 'open');
      process.kill(processesOf(daemon, 'worker')[0] as number, 'SIGSTOP');
      const startedAt = performance.now();
      await daemon.stop({ holding: true, code: drainMs === 0 ? 0 : 1 });
      const tookMs = performance.now() - startedAt;
      assert.ok(tookMs < drainMs + END_MS, `${tookMs} ms`);
    });

  test('of a supervisor that is killed the ports are free at once, and who is left ends when a service manager asks', async (t) => {
    const { daemon, upstream, call } = await start(t, { workers: 2 });
    await daemon.line('A spare worker is ready');
    const stream = await call();
    await echoes(stream, 'before');
    const port = stream.remotePort as number;
    const left = workersOf(daemon.pid);
    assert.ok(left.length >= 3, `${left.length}`);
    daemon.signal('SIGTERM'); // while it lives they do not listen to signals
    await daemon.line('Terminated');
    for (const pid of left.slice(0, 1)) process.kill(pid, 'SIGTERM');
    await echoes(stream, 'still');
    daemon.signal('SIGKILL');
    await eventually('those without connections end', () => left.filter(isAlive).length <= 1);
    await echoes(stream, 'an open connection may finish');
    const again = await startDaemon(t, { config: clientSection('svc', { accept: port, connect: upstream }) });
    for (const pid of left.filter(isAlive)) process.kill(pid, 'SIGTERM');
    await eventually('nobody is left', () => !left.some(isAlive));
    await again.stop();
  });

  test('descriptors that run out are one line and one problem, and back within two seconds', {
    skip: requires({ commands: ['prlimit'] }),
  }, async (t) => {
    const world = await start(t, { workers: 1 });
    const { daemon, control, call } = world;
    execFileSync('prlimit', ['--pid', String(daemon.pid), '--nofile=3:256']);
    const waiting = await call();
    waiting.write('waiting');
    await daemon.line(/LOG7\[main\]: accept: Too many open files \(24\)/); // a second try
    execFileSync('prlimit', ['--pid', String(daemon.pid), '--nofile=256:256']);
    assert.equal((await readExactly(waiting, 7)).toString(), 'waiting');
    waiting.destroy();
    await servesSoon(world);
    assert.equal(daemon.lines.filter((line) => /LOG3\[main\]: accept: Too many open files/.test(line)).length, 1);
    await oneProblem(control, 'daemon_descriptors', /Too many open files/);
    await daemon.stop();
  });

  test('a full disk loses lines and records, says so within two seconds, and takes them again', {
    skip: requires({ root: true }),
  }, async (t) => {
    let unmount = (): void => undefined;
    t.after(() => unmount()); // before the folder is removed: what is registered first is done first
    const disk = tempFolder(t);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=777', 'tmpfs', disk]);
    unmount = () => void execFileSync('umount', ['-l', disk]);
    const [log, records, filler] = ['log', 'records', 'filler'].map((name) => join(disk, name)) as [string, string, string];
    const world = await start(t, { output: log, records });
    const { daemon, control, call } = world;
    assert.throws(() => writeFileSync(filler, Buffer.alloc(2 ** 20)), { code: 'ENOSPC' });
    const full = [statSync(log).blocks, statSync(records).blocks];
    const from = daemon.lines.length;
    for (let count = 0; count < 40; count += 1) {
      const socket = await call();
      await echoes(socket, 'traffic goes on');
      socket.destroy();
    }
    await daemon.line(/log line\(s\) for .*log lost: No space left on device/, { from, within: BACK_MS });
    await daemon.line(/record\(s\) could not be written to .*records: No space left on device/, { from, within: BACK_MS });
    assert.deepEqual([statSync(log).blocks, statSync(records).blocks], full);
    const told = (await problemsOf(control)).filter(({ code }) => code === 'daemon_log');
    assert.equal(told.length, 2, JSON.stringify(told));
    rmSync(filler);
    await servesSoon(world);
    await eventually('both are written again', () => statSync(log).blocks > (full[0] ?? 0) && statSync(records).blocks > (full[1] ?? 0));
    await daemon.stop();
    const lost = daemon.lines.map((line) => Number(/(\d+) record\(s\) could not be written/.exec(line)?.[1] ?? 0));
    const whole = readFileSync(records, 'utf8').split('\n').filter(isJson);
    assert.equal(
      whole.length + lost.reduce((total, each) => total + each, 0),
      41,
      'each is there, or counted: none is glued to a torn one',
    );
  });

  test('a worker that the kernel ends for want of memory is said to have, and the others go on', {
    skip: requires({ root: true }) || (!existsSync(MEMORY_GROUPS) && 'needs the memory controller of control groups, version 1'),
  }, async (t) => {
    const own = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '';
    const group = join(MEMORY_GROUPS, own, `overcoat-test-${process.pid}`);
    mkdirSync(group);
    t.after(() => {
      writeFileSync(join(group, 'memory.limit_in_bytes'), '-1');
      for (const pid of readFileSync(join(group, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean))
        process.kill(Number(pid), 'SIGKILL');
      return eventually('the control group is empty', () => removed(group));
    });
    const enter = (argv: readonly string[]): string[] => ['sh', '-c', `echo $$ >${group}/cgroup.procs; exec "$@"`, 'sh', ...argv];
    const world = await start(t, { workers: 2 }, { place: { name: 'little memory', enter } });
    const { daemon, control } = world;
    await daemon.line('A spare worker is ready');
    const used = Number(readFileSync(join(group, 'memory.usage_in_bytes'), 'latin1'));
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(used + 2 ** 26));
    // The worker is whom the kernel takes first; the hog takes what is left, more where a start has given some back meanwhile.
    writeFileSync(`/proc/${workersOf(daemon.pid)[0]}/oom_score_adj`, '1000');
    for (const megabytes of [96, 160, 256]) {
      if (endedByKernel(group) > 0) break;
      const [shell = '', ...args] = enter(['sh', '-c', `head -c ${megabytes}M /dev/zero | tail >/dev/null`]);
      spawnSync(shell, args, { timeout: 5000 });
    }
    if (endedByKernel(group) === 0) return t.skip('the kernel moved memory away instead of ending anybody');
    await daemon.line(/ended: signal SIGKILL, the kernel had no memory left for it/);
    await eventually('the problem', async () => (await problemsOf(control)).some(({ code }) => code === 'daemon_memory'));
    await servesSoon(world);
    await daemon.stop({ holding: true });
  });

  test('a clock that is set by a day, forth and back, ends nothing and makes nobody silent or younger', {
    skip: requires({ packages: ['faketime'] }),
  }, async (t) => {
    const clock = clockOf(join(tempFolder(t), 'clock'));
    const world = await start(t, { workers: 1 }, { env: clock.env });
    const { daemon, control, call } = world;
    const stream = await call();
    await echoes(stream, 'before');
    for (const days of [1, -1, 0]) {
      clock.set(days);
      await echoes(stream, `${days}`);
      await servesSoon(world);
      const { uptimeSeconds, silent } = await askJson<{ uptimeSeconds: number; silent: number }>(control, '/api/v1/status');
      assert.ok(uptimeSeconds >= 0 && uptimeSeconds < 3600, `${uptimeSeconds}`);
      assert.equal(silent, 0);
      const { connections } = await askJson<{ connections: readonly { readonly seconds: number }[] }>(control, '/api/v1/connections');
      for (const { seconds } of connections) assert.ok(seconds >= 0 && seconds < 3600, `${seconds}`);
    }
    assert.deepEqual(await problemsOf(control), []);
    stream.destroy();
    await daemon.stop();
  });
});

/**
 * Clients that keep coming, ten at a time. Whom the worker had accepted when it ended is reset; everybody else is served, and nobody is refused.
 * @returns how many were served, and how long the slowest of them waited
 */
function arriving({ call }: World): { stop(): Promise<{ readonly served: number; readonly longestMs: number }> } {
  let [stopped, served, longestMs] = [false, 0, 0];
  const visit = async (): Promise<void> => {
    while (!stopped) {
      const at = performance.now();
      const socket = await call();
      const over = ending(socket);
      socket.write('ping');
      const outcome = await Promise.race([readExactly(socket, 4).then(String, () => over), over]);
      assert.ok(outcome === 'ping' || outcome === 'ECONNRESET', String(outcome));
      socket.destroy();
      if (outcome !== 'ping') continue;
      served += 1;
      longestMs = Math.max(longestMs, performance.now() - at);
    }
  };
  const visits = Promise.all(Array.from({ length: 10 }, visit));
  return {
    stop: async () => {
      stopped = true;
      await visits;
      return { served, longestMs };
    },
  };
}

/** Not one that has ended and waits to be asked for its exit code. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

/** How many processes of a control group. */
function endedByKernel(group: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(group, 'memory.oom_control'), 'latin1'))?.[1] ?? 0);
}

function removed(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch {
    return false; // somebody in it has not quite ended
  }
}
