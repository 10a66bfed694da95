/**
 * The fence (`confine`): what a worker that was taken over could try is refused, by its main thread and by its pool, and the service goes
 * on; programs are not fenced; a reload that needs more gets workers that may do it; a command fences in its one process.
 */
// Tests: src/daemon/fence/, src/daemon/workers/fenced-worker.ts, src/daemon/workers/fence-of-pool.ts, src/daemon/workers/inherited.ts
// Tests: src/daemon/workers/programs-of-supervisor.ts, src/programs/starter.ts, src/linux/landlock.ts
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { landlockVersion } from '../../src/linux/libc.ts';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { echoServer, listen, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startCommand, startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import type { Attempt } from '../support/overcoat/fence-probe.ts';
import { PROBE_AT } from '../support/overcoat/fence-probe.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const PRELOAD = join(import.meta.dirname, '../support/overcoat/fence-probe.ts');
/** The ABI of Landlock with rules for TCP. */
const TCP_FROM = 4;
const skip =
  requires({ root: true, linux: true, checkout: true }) || (landlockVersion() < TCP_FROM && 'needs a kernel with Landlock ABI 4');

/** Asks the probe in a process. */
type Ask = (attempt: Attempt) => Promise<string>;

/** Where probes come, by the process they are in. */
async function probes(t: TestContext): Promise<{ readonly path: string; readonly of: (pid: number) => Promise<Ask> }> {
  const path = join(tempFolder(t), 'probe');
  const found = new Map<number, Ask>();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    const waiting: ((outcome: string) => void)[] = [];
    createInterface(socket).on('line', (line) => {
      const said = JSON.parse(line) as { readonly pid?: number; readonly outcome?: string };
      if (said.pid === undefined) waiting.shift()?.(said.outcome ?? '');
      else
        found.set(said.pid, (attempt) => {
          const { promise, resolve } = Promise.withResolvers<string>();
          waiting.push(resolve);
          socket.write(JSON.stringify(attempt));
          return promise;
        });
    });
  }).listen(path);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const of = async (pid: number): Promise<Ask> => {
    await eventually(`the probe of ${pid}`, () => found.has(pid));
    return found.get(pid) as Ask;
  };
  return { path, of };
}

/** One line of /proc/PID/task/TID/status of every thread. */
function threads(pid: number, name: string): string[] {
  const lines = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8').split('\n'));
  return lines.map((status) => status.find((line) => line.startsWith(`${name}:`))?.split('\t')[1] ?? '');
}

function assertFenced(pid: number): void {
  assert.deepEqual([...new Set(threads(pid, 'Seccomp'))], ['2'], `every thread of ${pid} has its filter`);
  assert.deepEqual([...new Set(threads(pid, 'NoNewPrivs'))], ['1']);
  assert.match(readFileSync(`/proc/${pid}/limits`, 'latin1'), /^Max core file size +0 +0 /m);
}

async function echoes(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  assert.equal((await readExactly(socket, text.length)).toString(), text);
  socket.end();
}

function serve(t: TestContext, config: string, path: string): Promise<Daemon> {
  return startDaemon(t, { config, nodeOptions: ['--import', PRELOAD], sources: true, env: { [PROBE_AT]: path } });
}

suite('a fence', { skip }, () => {
  for (const confine of ['yes', 'strict']) {
    test(`refuses what no relay needs, and the service is unharmed (confine = ${confine})`, async (t) => {
      const probe = await probes(t);
      const elsewhere = await listen(t);
      const upstream = await echoServer(t);
      const daemon = await serve(t, optionLines({ confine }) + serverSection('svc', { connect: upstream.port }), probe.path);
      const port = await daemon.port('svc');
      const [worker = 0] = workersOf(daemon.pid);
      const ask = await probe.of(worker);
      const open = await dialTls(t, port, { rejectUnauthorized: false });
      const there = join(daemon.folder, 'there');
      const refused: readonly [Attempt['what'], (string | number)?][] = [
        ['read', '/etc/shadow'],
        ['read', daemon.configFile],
        ['write', there],
        ['write', '/tmp/overcoat-fence-test'],
        ['connect', elsewhere.port],
        ['bind', 21_999],
        ['fork'],
        ['ptrace'],
        ['io_uring'],
      ];
      for (const [what, of] of refused) {
        for (const from of ['main', 'pool'] as const) {
          const attempt = of === undefined ? { what, from } : { what, of, from };
          const byCall = what === 'fork' || what === 'ptrace' || what === 'io_uring' ? 'EPERM' : 'EACCES';
          const inPool = what === 'read' || what === 'write' ? byCall : 'refused';
          assert.equal(await ask(attempt), from === 'main' ? byCall : inPool, `${what} ${of ?? ''} from ${from}`);
        }
      }
      assert.equal(existsSync(there), false);
      assert.equal(await ask({ what: 'connect', of: upstream.port, from: 'main' }), 'done', 'it may go where its service goes');
      for (const pid of workersOf(daemon.pid)) assertFenced(pid);
      assert.ok(threads(worker, 'Seccomp').length > 6, 'the pool was there when it was looked at');
      assert.deepEqual([...new Set(threads(daemon.pid, 'Seccomp'))], ['0'], 'the supervisor is not');
      await echoes(open, 'that was open before');
      await echoes(await dialTls(t, port, { rejectUnauthorized: false }), 'that came after');
      await daemon.stop();
    });
  }

  test('is not around a program, and a reload that needs more has workers that may do it', async (t) => {
    const probe = await probes(t);
    const first = await echoServer(t);
    const config = (port: number): string =>
      optionLines({ confine: true }) +
      serverSection('svc', { connect: port }) +
      serverSection('prog', { exec: '/bin/grep', execArgs: 'grep -E ^(Seccomp|NoNewPrivs): /proc/self/status' });
    const daemon = await serve(t, config(first.port), probe.path);
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

  test('is around every thread of a command, which serves and can be upgraded', async (t) => {
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

async function echoesOpen(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  assert.equal((await readExactly(socket, text.length)).toString(), text);
}
