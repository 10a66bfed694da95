/**
 * What a worker that was taken over asks of others: orders at the control socket, Unix sockets, programs without end. And what is said of one
 * that its fence may have ended.
 */
// Tests: src/daemon/watch/reached-processes.ts, src/daemon/workers/supervisor/program-quota.ts, src/status/http/control-socket.ts
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { echoServer } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { runOvercoat, workersOf } from '../support/overcoat/daemon.ts';
import { echoes, echoesOpen, noFence, probes, startProbed } from '../support/overcoat/fence-probes.ts';
import { problemsOf } from '../support/overcoat/status.ts';

/** With 256 descriptors some hundred connections may be open, so a worker may have twice as many programs. */
const FEW = { name: 'few descriptors', enter: (argv: readonly string[]) => ['prlimit', '--nofile=256', ...argv] };

suite('a worker that was taken over', { skip: noFence }, () => {
  test('gives no orders over the control socket, also after an upgrade; its user does', async (t) => {
    const probe = probes(t);
    const upstream = await echoServer(t);
    const options = optionLines({ confine: true, workers: 2, control: '@/control' });
    const daemon = await startProbed(t, options + serverSection('svc', { connect: upstream.port }), probe);
    const control = join(daemon.folder, 'control');
    await daemon.line('A spare worker is ready');
    const workers = workersOf(daemon.pid);
    assert.equal(workers.length, 3, 'two and the spare');
    for (const pid of workers) {
      const ask = await probe.of(pid);
      assert.equal(await ask({ what: 'control', of: control, from: 'main' }), 'refused');
      assert.equal(await ask({ what: 'control', of: control, from: 'main' }), 'refused');
    }
    const told = daemon.lines.filter((line) => line.includes('asked for orders at the control socket and was refused'));
    assert.equal(told.length, workers.length, 'each once');
    assert.equal(
      daemon.lines.some((line) => line.includes('Reloaded')),
      false,
    );
    assert.deepEqual(
      (await problemsOf(control)).map(({ code }) => code),
      workers.map(() => 'daemon_intruder'),
    );
    assert.equal((await runOvercoat(['reload', '--control', control])).code, 0);
    const port = await daemon.port('svc');
    const held = await dialTls(t, port, { rejectUnauthorized: false });
    await echoesOpen(held, 'before');
    assert.equal((await runOvercoat(['upgrade', '--control', control])).code, 0);
    for (const pid of workers.filter((each) => existsSync(`/proc/${each}`))) {
      const ask = await probe.of(pid);
      assert.equal(await ask({ what: 'control', of: control, from: 'main' }), 'refused', 'by the process that serves now, too');
    }
    await echoes(held, 'and it has its connections still');
    await daemon.stop({ holding: true });
  });

  test('makes no Unix socket where confine = strict and no service connects to one', async (t) => {
    for (const [connect, expected] of [
      ['127.0.0.1:1', 'EAFNOSUPPORT'],
      ['/run/somewhere', 'done'],
    ] as const) {
      const probe = probes(t);
      const daemon = await startProbed(t, optionLines({ confine: 'strict' }) + serverSection('svc', { connect }), probe);
      const ask = await probe.of(workersOf(daemon.pid)[0] as number);
      assert.equal(await ask({ what: 'unix', from: 'main' }), expected);
      assert.equal(await ask({ what: 'pair', from: 'main' }), expected === 'done' ? 'done,done' : expected);
      await daemon.stop({ holding: true });
    }
  });

  test('has as many programs started as its connections may need, and no more', async (t) => {
    const probe = probes(t);
    const options = optionLines({ confine: true, control: '@/control' });
    const daemon = await startProbed(t, options + serverSection('svc', { exec: '/bin/cat' }), probe, { place: FEW });
    const control = join(daemon.folder, 'control');
    const limit = Number(/=(\d+)/.exec(await daemon.line('Clients allowed='))?.[1]);
    const [worker = 0] = workersOf(daemon.pid);
    const open = await dialTls(t, await daemon.port('svc'), { rejectUnauthorized: false });
    await echoesOpen(open, 'one of its own');
    const ask = await probe.of(worker);
    const many = 5 * limit;
    assert.equal(await ask({ what: 'programs', of: many, from: 'main' }), `${2 * limit - 1} started, ${many - 2 * limit + 1} refused`);
    await daemon.line(`Worker 1 asks for more programs than its connections need: no more than ${2 * limit} run at once`);
    await echoesOpen(open, 'and goes on');
    const problems = await problemsOf(control);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['daemon_programs'],
    );
    process.kill(worker, 'SIGKILL');
    await daemon.line('replaced after');
    await daemon.stop({ holding: true });
  });

  test('and ends because a call was refused: the log says that it may be the fence, and what to do', async (t) => {
    const probe = probes(t);
    const daemon = await startProbed(t, optionLines({ confine: true }) + serverSection('svc', { connect: 1 }), probe);
    await daemon.line('A spare worker is ready');
    const [worker = 0] = workersOf(daemon.pid);
    void (await probe.of(worker))({ what: 'abort', from: 'main' });
    const line = await daemon.line('Worker 1 ended: signal SIGABRT');
    assert.match(line, /is it the fence\? `confine = report` prints what that lets through/);
    await daemon.line('Worker 1 replaced after');
    await eventually('the next one is ready', () => workersOf(daemon.pid).length === 2);
    await daemon.stop({ holding: true });
  });
});
