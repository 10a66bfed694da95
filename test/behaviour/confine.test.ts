/**
 * The fence (`confine`): what a worker that was taken over could try is refused, by its main thread and by its pool, and the service goes
 * on; programs are not fenced; a reload that needs more gets workers that may do it; a command fences in its one process.
 */
// Tests: src/daemon/fence/, src/daemon/workers/fenced-worker.ts, src/daemon/workers/supervisor/fence-of-pool.ts, src/daemon/workers/inherited.ts
// Tests: src/daemon/workers/programs-of-supervisor.ts, src/programs/starter.ts, src/linux/fence/landlock.ts
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { echoServer, listen, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { startCommand, startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import type { Attempt } from '../support/overcoat/fence-probe.ts';
import { assertFenced, echoes, echoesOpen, noFence, probes, startProbed, threads } from '../support/overcoat/fence-probes.ts';

/** CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, as /proc has them. */
const FEW_RIGHTS = '0000000000000006';

suite('a fence', { skip: noFence }, () => {
  for (const confine of ['yes', 'strict']) {
    test(`refuses what no relay needs, and the service is unharmed (confine = ${confine})`, async (t) => {
      const probe = probes(t);
      const elsewhere = await listen(t);
      const upstream = await echoServer(t);
      const daemon = await startProbed(t, optionLines({ confine }) + serverSection('svc', { connect: upstream.port }), probe);
      const port = await daemon.port('svc');
      const [worker = 0] = workersOf(daemon.pid);
      const ask = await probe.of(worker);
      const open = await dialTls(t, port, { rejectUnauthorized: false });
      const there = join(daemon.folder, 'there');
      const refused: readonly [error: string, what: Attempt['what'], of?: string | number][] = [
        ['EACCES', 'read', '/etc/shadow'],
        ['EACCES', 'read', daemon.configFile],
        ['EACCES', 'write', there],
        ['EACCES', 'write', '/tmp/overcoat-fence-test'],
        ['EPERM', 'mode', daemon.configFile],
        ['EACCES', 'connect', elsewhere.port],
        ['EPERM', 'fastopen', elsewhere.port],
        ['EPROTONOSUPPORT', 'mptcp', elsewhere.port],
        ['EACCES', 'bind', 21_999],
        ['EPERM', 'raw'],
        ['EPROTONOSUPPORT', 'rules'],
        ['EPERM', 'limit', daemon.pid],
        ['EPERM', 'nice', daemon.pid],
        ['EPERM', 'segment'],
        ['EPERM', 'namespace'],
        ['EPERM', 'type'],
        ['EPERM', 'shrink'],
        ['EPERM', 'fork'],
        ['EPERM', 'ptrace'],
        ['EPERM', 'io_uring'],
      ];
      for (const [byCall, what, of] of refused) {
        for (const from of ['main', 'pool'] as const) {
          const attempt = of === undefined ? { what, from } : { what, of, from };
          const byName = what === 'read' || what === 'write' || what === 'mode' || what === 'mptcp';
          const inPool = byName ? byCall : 'refused';
          assert.equal(await ask(attempt), from === 'main' ? byCall : inPool, `${what} ${of ?? ''} from ${from}`);
        }
      }
      assert.equal(existsSync(there), false);
      assert.equal(await ask({ what: 'connect', of: upstream.port, from: 'main' }), 'done', 'it may go where its service goes');
      // The filter of the spare comes with the first lines of its image.
      await eventually('every worker has its filter', () => workersOf(daemon.pid).every((pid) => !threads(pid, 'Seccomp').includes('0')));
      for (const pid of workersOf(daemon.pid)) assertFenced(pid);
      for (const pid of workersOf(daemon.pid)) assert.deepEqual([...new Set(threads(pid, 'CapEff'))], [FEW_RIGHTS], `of root, in ${pid}`);
      assert.ok(threads(worker, 'Seccomp').length > 6, 'the pool was there when it was looked at');
      assert.deepEqual([...new Set(threads(daemon.pid, 'Seccomp'))], ['0'], 'the supervisor is not');
      await echoes(open, 'that was open before');
      await echoes(await dialTls(t, port, { rejectUnauthorized: false }), 'that came after');
      await daemon.stop();
    });
  }

  test('is not around a program, and a reload that needs more has workers that may do it', async (t) => {
    const probe = probes(t);
    const first = await echoServer(t);
    const config = (port: number): string =>
      optionLines({ confine: true }) +
      serverSection('svc', { connect: port }) +
      serverSection('prog', { exec: '/bin/grep', execArgs: 'grep -E ^(Seccomp|NoNewPrivs): /proc/self/status' });
    const daemon = await startProbed(t, config(first.port), probe);
    await daemon.line('confine: programs (exec) are started outside of the fence');
    const program = await dialTls(t, await daemon.port('prog'), { rejectUnauthorized: false });
    const said = (await readExactly(program, 'NoNewPrivs:\t0\nSeccomp:\t0\n'.length)).toString();
    assert.equal(said, 'NoNewPrivs:\t0\nSeccomp:\t0\n');
    program.end();
    const port = await daemon.port('svc');
    const long = await dialTls(t, port, { rejectUnauthorized: false });
    await echoesOpen(long, 'before');
    const [former = 0] = workersOf(daemon.pid);
    const second = await echoServer(t);
    const from = daemon.lines.length;
    const text = readFileSync(daemon.configFile, 'utf8').replace(`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`);
    assert.ok(text.includes(String(second.port)));
    writeFileSync(daemon.configFile, text);
    daemon.signal('SIGHUP');
    await daemon.line('Accepting new connections', { from });
    await daemon.line('new workers take the places of the former ones', { from });
    await echoes(await dialTls(t, port, { rejectUnauthorized: false }), 'to the new port');
    await echoesOpen(long, 'the former worker keeps what it had');
    long.destroy();
    await eventually('it ends with its last connection', () => !existsSync(`/proc/${former}`));
    await daemon.line('A spare worker is ready', { from });
    daemon.takeBaseline();
    await daemon.stop();
  });

  test('is only told of by `report`', async (t) => {
    const daemon = await startDaemon(t, { config: optionLines({ confine: 'report' }) + clientSection('svc', { connect: 443 }) });
    await daemon.line('confine = report: TCP connect: 53, 443');
    assert.deepEqual([...new Set(threads(daemon.pid, 'Seccomp'))], ['0']);
    await daemon.stop();
  });

  test('is around every thread of a command, which serves', async (t) => {
    const upstream = await echoServer(t);
    const { certFile, keyFile } = certificate('server');
    const args = ['server', '127.0.0.1:0', `127.0.0.1:${upstream.port}`, '--cert', certFile, '--key', keyFile, '--debug', '7'];
    const daemon = await startCommand(t, args);
    const port = await daemon.port('server');
    await echoes(await dialTls(t, port, { rejectUnauthorized: false }), 'through one process');
    assertFenced(daemon.pid);
    await daemon.stop();
  });
});
