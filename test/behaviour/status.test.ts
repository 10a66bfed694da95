/** A running process is asked, and told: over its control socket and its status port, with one worker and with two. */
// Tests: src/daemon/watch/watch.ts, src/daemon/watch/daemon-control.ts, src/daemon/process/vitals.ts, src/status/http/, src/status/desk.ts
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { dial, echoServer, ending, pattern, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { assertGrown, countersOf } from '../support/overcoat/counters.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runDaemon, startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { ask, askJson, metric } from '../support/overcoat/status.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { assertRecord, assertSchema } from '../support/schemas.ts';
import { tempFolder } from '../support/temp.ts';

/** As docs/observe.md says. */
const MAX_CLIENTS = 64;
const MAX_STREAMS = 16;

interface World {
  readonly daemon: Daemon;
  readonly port: number;
  /** The control socket. */
  readonly control: string;
  /** The status port. */
  readonly status: number;
  readonly records: string;
}

/** A service `svc` to a TLS server that echoes, and `dead` to one that never answers. */
async function start(t: TestContext, globals: Options = {}): Promise<World> {
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const plain = await echoServer(t); // a handshake with it fails
  const folder = tempFolder(t);
  const control = join(folder, 'control.sock');
  const records = join(folder, 'records');
  const daemon = await startDaemon(t, {
    config:
      optionLines({ control, status: '127.0.0.1:0', records, ...globals }) +
      clientSection('svc', { connect: upstream.port, sni: 'up.example.org' }) +
      clientSection('dead', { connect: plain.port }),
  });
  const line = await daemon.line('Status is served at http://127.0.0.1:');
  const status = Number(/:(\d+)\/$/.exec(line)?.[1]);
  return { daemon, port: await daemon.port('svc'), control, status, records };
}

async function echoes(t: TestContext, port: number, seed: number) {
  const socket = await dial(t, port);
  const bytes = pattern(seed);
  socket.write(bytes);
  assert.ok((await readExactly(socket, bytes.length)).equals(bytes));
  return { socket, bytes: bytes.length };
}

interface Page {
  readonly total: number;
  readonly connections: readonly {
    readonly connection: number;
    readonly service: string;
    readonly name: string;
    readonly nameSource: string;
    readonly toTls: number;
  }[];
}

for (const workers of [1, 2])
  suite(`a process with ${workers} worker(s)`, () => {
    test('says what is open, what failed and what it has served, and does what it is told', async (t) => {
      const world = await start(t, { workers });
      const { daemon, port, control, status } = world;
      assert.equal(statSync(control).mode & 0o777, 0o600);
      const { socket, bytes } = await echoes(t, port, 1);
      for (const where of [control, status]) {
        assert.equal((await ask(where, '/healthz')).body, 'ok\n');
        assert.deepEqual(await ask(where, '/readyz').then(({ code, body }) => [code, body]), [200, 'ok\n']);
        assertSchema('Status', await askJson(where, '/api/v1/status'));
        assertSchema('Services', await askJson(where, '/api/v1/services'));
        assertSchema('Certificates', await askJson(where, '/api/v1/certificates'));
        const page = await askJson<Page>(where, '/api/v1/connections?service=svc');
        assertSchema('Connections', page);
        assert.deepEqual(
          page.connections.map(({ service, name, nameSource, toTls }) => [service, name, nameSource, toTls]),
          [['svc', 'up.example.org', 'config', bytes]],
        );
        assert.equal((await askJson<Page>(where, '/api/v1/connections?service=none')).total, 0);
      }

      await ending(await dial(t, await daemon.port('dead')));
      const problems = await eventually('the failure is told', async () => {
        const page = await askJson<{ problems: readonly { code: string; remedy: string }[] }>(control, '/api/v1/problems');
        return page.problems.length > 0 ? page : undefined;
      });
      assertSchema('Problems', problems);
      assert.equal(problems.problems[0]?.code, 'handshake_failed');
      assert.equal(await metric(status, 'overcoat_failures_total{service="dead",code="handshake_failed"}'), 1);
      assert.equal(await metric(status, 'overcoat_workers'), workers);

      const [only] = (await askJson<Page>(control, '/api/v1/connections?service=svc')).connections;
      const end = ending(socket);
      assertSchema('Done', await askJson(control, `/api/v1/connections/${only?.connection}/end`, { method: 'POST' }));
      assert.equal(await end, 'ECONNRESET');
      assert.equal((await ask(control, `/api/v1/connections/${only?.connection}/end`, { method: 'POST' })).code, 404);
      assert.equal((await askJson<Page>(control, '/api/v1/connections?service=svc')).total, 0);
      await daemon.stop();
      assert.equal(existsSync(control), false);
      const written = readFileSync(world.records, 'utf8').trimEnd().split('\n');
      const records = written.map((line) => JSON.parse(line) as Record<string, unknown>);
      for (const record of records) assertRecord(record);
      assert.deepEqual(records.map(({ service, reason, code }) => [service, reason, code]).sort(), [
        ['dead', 'failed', 'handshake_failed'],
        ['svc', 'ordered', null],
      ]);
    });

    test('drains and resumes a service; what is open goes on', async (t) => {
      const { daemon, port, control } = await start(t, { workers });
      const { socket } = await echoes(t, port, 1);
      const order = (name: string) => ask(control, `/api/v1/services/${name}`, { method: 'POST' });
      assert.equal((await order('svc/drain')).code, 200);
      await assert.rejects(dial(t, port), { code: 'ECONNREFUSED' });
      const { code, body } = await ask(control, '/readyz');
      assert.deepEqual([code, body], [503, 'service [svc] is drained\n']);
      socket.write('still here');
      assert.equal((await readExactly(socket, 10)).toString(), 'still here');
      daemon.signal('SIGHUP'); // a reload opens no door that was closed by hand
      await eventually('it has reloaded', async () => (await metric(control, 'overcoat_reloads_total{result="successful"}')) === 1);
      await assert.rejects(dial(t, port), { code: 'ECONNREFUSED' });
      assert.equal((await order('svc/resume')).code, 200);
      assert.equal((await ask(control, '/readyz')).code, 200);
      const { services } = await askJson<{ services: readonly { name: string; addresses: readonly string[] }[] }>(
        control,
        '/api/v1/services',
      );
      const [address = ''] = services.find(({ name }) => name === 'svc')?.addresses ?? [];
      const again = await echoes(t, Number(address.split(':')[1]), 2);
      for (const each of [socket, again.socket]) each.destroy();
      assert.equal((await order('nobody/drain')).code, 409);
      await daemon.stop();
    });

    test('reloads with a verdict, and logs as much as it is told to', async (t) => {
      const { daemon, control, port } = await start(t, { workers });
      const config = readFileSync(daemon.configFile, 'utf8');
      writeFileSync(daemon.configFile, `${config}[more]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n`);
      const reload = () => ask(control, '/api/v1/reload', { method: 'POST' });
      const first = await reload();
      assert.deepEqual([first.code, JSON.parse(first.body)], [200, { added: ['more'], removed: [], changed: [] }]);
      assertSchema('Reload', JSON.parse(first.body));
      writeFileSync(daemon.configFile, `${config}nonsense = 1\n`);
      const second = await reload();
      assert.equal(second.code, 409);
      assertSchema('Refused', JSON.parse(second.body));
      assert.match(second.body, /nonsense/);

      const set = (level: number | null) => ask(control, '/api/v1/log-level', { method: 'PUT', body: JSON.stringify({ level }) });
      assert.equal((await set(3)).code, 200);
      const from = daemon.lines.length;
      (await echoes(t, port, 1)).socket.destroy();
      await eventually('it has ended', async () => (await askJson<Page>(control, '/api/v1/connections')).total === 0);
      assert.equal((await set(null)).code, 200);
      (await echoes(t, port, 2)).socket.destroy();
      await daemon.line(/Connection (closed|reset)/, { from });
      assert.equal(daemon.lines.slice(from).filter((line) => line.includes('accepted connection')).length, 1);
      for (const body of ['', '{', '{}', '{"level":8}', '{"level":"7"}', '[]'])
        assert.equal((await ask(control, '/api/v1/log-level', { method: 'PUT', body })).code, 400, body);

      const level = async () => (await askJson<{ logLevel: number | null }>(control, '/api/v1/status')).logLevel;
      assert.equal((await set(3)).code, 200);
      assert.equal((await reload()).code, 409);
      assert.equal(await level(), 3, 'a reload that failed leaves it');
      writeFileSync(daemon.configFile, config);
      daemon.signal('SIGHUP');
      await eventually('it is as configured again', async () => (await level()) === null);
      await daemon.stop({ holding: true });
    });
  });

test('counters never go back when a worker is killed', { skip: requires({ linux: true }) }, async (t) => {
  const { daemon, port, control, status } = await start(t, { workers: 2 });
  await daemon.line('A spare worker is ready');
  let sent = 0;
  for (let number = 0; number < 40; number += 1) sent += (await echoes(t, port, number)).bytes;
  const all = await countersOf(status);
  const before = {
    bytes: await metric(status, 'overcoat_relayed_bytes_total{service="svc",to="tls"}'),
    accepted: await metric(status, 'overcoat_connections_accepted_total{service="svc"}'),
  };
  assert.deepEqual(before, { bytes: sent, accepted: 40 });
  const [victim = 0] = workersOf(daemon.pid);
  process.kill(victim, 'SIGKILL');
  await daemon.line(/Worker \d replaced after/);
  const lost = Number(/; (\d+) connection\(s\) lost/.exec(await daemon.line(/Worker \d ended/))?.[1]);
  assert.ok(lost > 0, 'it had some');
  await eventually('those are no longer shown', async () => (await askJson<Page>(control, '/api/v1/connections')).total === 40 - lost);
  assert.equal(await metric(status, 'overcoat_connections_closed_total{service="svc",reason="lost",stage="relay"}'), lost);
  assert.equal(await metric(status, 'overcoat_relayed_bytes_total{service="svc",to="tls"}'), before.bytes);
  assert.equal(await metric(status, 'overcoat_connections_accepted_total{service="svc"}'), 40);
  assert.equal(await metric(status, 'overcoat_worker_ends_total'), 1);
  assertGrown(all, await countersOf(status));
  await daemon.stop({ signal: 'SIGINT', holding: true });
});

test('with workers the status port is read by the service process, whose end takes no number along', {
  skip: requires({ linux: true }),
}, async (t) => {
  const { daemon, port, status } = await start(t, { workers: 2, control: false });
  await daemon.line('A spare worker is ready');
  (await echoes(t, port, 1)).socket.destroy();
  const accepted = () => metric(status, 'overcoat_connections_accepted_total{service="svc"}');
  await eventually('it is counted', async () => (await accepted()) === 1);
  const [reader = 0] = childrenNamed(daemon.pid, 'service process');
  process.kill(reader, 'SIGKILL');
  await daemon.line(/service process replaced/i);
  assert.equal(await accepted(), 1);
  await daemon.stop({ holding: true });
});

/** Children of a process whose command line says so. */
function childrenNamed(pid: number, role: string): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(role));
}

suite('the status port', () => {
  test('changes nothing, and hears no page of another site', async (t) => {
    const { daemon, status } = await start(t);
    for (const [path, method] of [
      ['/api/v1/reload', 'POST'],
      ['/api/v1/connections/0/end', 'POST'],
      ['/api/v1/services/svc/drain', 'POST'],
      ['/api/v1/log-level', 'PUT'],
    ] as const)
      assert.equal((await ask(status, path, { method })).code, 403, path);
    assert.equal((await ask(status, '/api/v1/status', { headers: { host: 'evil.test' } })).code, 421);
    assert.equal((await ask(status, '/api/v1/status', { headers: { 'sec-fetch-site': 'cross-site' } })).code, 403);
    for (const path of [
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/api/v1/connections/__proto__',
      '/api/v1/connections?limit=1e9',
      '/api/v1/connections?after=-1',
      '/api/v1/connections?after=0&sort=rate',
    ])
      assert.ok((await ask(status, path)).code >= 400, path);
    const { headers } = await ask(status, '/');
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['access-control-allow-origin'], undefined);
    await daemon.stop();
  });

  test('is bounded whatever is sent to it, and traffic goes on', async (t) => {
    const { daemon, status, port } = await start(t);
    const { socket } = await echoes(t, port, 1);
    const memory = () => metric(status, 'overcoat_process_resident_memory_bytes{process="main"}');
    const before = await memory();
    const hostile = (text: string) => {
      const each = connect(status, '127.0.0.1');
      each.on('error', () => undefined).write(text);
      return each;
    };
    const huge = hostile(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`);
    const slow = hostile('GET / HT');
    const many = hostile('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2000));
    const body = hostile(`GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n${'x'.repeat(100_000)}`);
    const endless = hostile(`GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${'a\r\nxxxxxxxxxx\r\n'.repeat(1000)}`);
    for (const each of [huge, slow, body, endless]) await ending(each.resume());
    many.destroy();
    await eventually('others are heard', async () => (await ask(status, '/healthz')).code === 200);
    const followed = new Set<Socket>();
    const gone = new Set<Socket>();
    const readers = Array.from({ length: 1000 }, () => {
      const each = hostile('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      each.setEncoding('utf8').on('data', (text: string) => text.includes(': following') && followed.add(each));
      return each.on('close', () => gone.add(each));
    });
    const asked = performance.now();
    socket.write('hello');
    assert.equal((await readExactly(socket, 5)).toString(), 'hello');
    assert.ok(performance.now() - asked < 2000, 'traffic does not wait for them');
    await eventually('most are sent away', () => gone.size >= readers.length - MAX_CLIENTS);
    assert.ok(followed.size <= MAX_STREAMS, `${followed.size} follow`);
    for (const reader of readers) reader.destroy();
    await eventually('others are heard again', async () => (await ask(status, '/healthz')).code === 200);
    const grown = (await memory()) - before;
    t.diagnostic(`memory grew by ${grown} bytes`);
    assert.ok(grown < 60e6, `memory grew by ${grown} bytes`);
    socket.destroy();
    await daemon.stop();
  });

  test('streams what happens', async (t) => {
    const { daemon, status, port } = await start(t);
    const reader = connect(status, '127.0.0.1');
    reader.setEncoding('utf8').write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    let text = '';
    reader.on('data', (part: string) => {
      text += part;
    });
    await eventually('it is followed', () => text.includes(': following'));
    (await echoes(t, port, 1)).socket.destroy();
    await eventually('the end is told', () => text.includes('event: closed'));
    assert.match(text, /event: accepted\r?\ndata: \{.*"service":"svc".*"client":"127\.0\.0\.1:\d+"/);
    reader.destroy();
    await daemon.stop();
  });

  test('that is taken fails the start with a line', async (t) => {
    const { port } = await echoServer(t);
    const { code, stderr } = await runDaemon(t, {
      config: optionLines({ status: `127.0.0.1:${port}` }) + clientSection('svc', { connect: 1 }),
    });
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`Error binding status to 127.0.0.1:${port}: Address already in use \\(98\\); another program .*, or change \`status\``),
    );
  });
});

suite('a control socket', () => {
  test('that cannot be made where nobody asked for it keeps nothing from starting', async (t) => {
    const folder = join(tempFolder(t), 'a-file');
    writeFileSync(folder, '');
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: 1 }), env: { RUNTIME_DIRECTORY: folder } });
    await daemon.line(/LOG5\[ui\]: No control socket at .*a-file.*: .*; name one with control \(--control PATH\), or control = no/);
    await daemon.stop();
  });

  test('is not made for a file that stunnel read, and then nothing of it is loaded', async (t) => {
    const folder = tempFolder(t);
    const daemon = await startDaemon(t, {
      config: clientSection('svc', { connect: 1 }),
      launcher: 'overcoat-stunnel',
      env: { RUNTIME_DIRECTORY: folder },
    });
    await daemon.stop();
    const { stdout } = await runProgram(['ls', '-A', folder]);
    assert.equal(stdout.includes('.sock'), false);
  });

  test('of a process that was killed is taken away by the next', async (t) => {
    const folder = tempFolder(t);
    const options = { config: clientSection('svc', { connect: 1 }), env: { RUNTIME_DIRECTORY: folder } };
    const sockets = async () => (await runProgram(['ls', '-A', folder])).stdout.split('\n').filter((name) => name.endsWith('.sock'));
    const killed = await startDaemon(t, options);
    killed.signal('SIGKILL');
    await killed.program.finished;
    assert.deepEqual(await sockets(), [`overcoat-${killed.pid}.sock`]);
    const next = await startDaemon(t, options);
    assert.deepEqual(await sockets(), [`overcoat-${next.pid}.sock`]);
    await next.stop();
    assert.deepEqual(await sockets(), []);
  });

  test('stays of use in a jail', { skip: requires({ root: true, linux: true }) }, async (t) => {
    const { daemon, control, port } = await start(t, { chroot: tempFolder(t), setuid: 'nobody', setgid: 'nogroup', records: undefined });
    const { socket } = await echoes(t, port, 1);
    assert.equal((await ask(control, '/metrics')).code, 200);
    assert.equal((await askJson<Page>(control, '/api/v1/connections')).total, 1);
    socket.destroy();
    await daemon.stop();
  });
});
