/** Which of several targets a connection reaches, what is said of those that it does not, and from where it leaves. */
// Tests: src/connection/dial/upstream.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { Network } from '../support/net/netns.ts';
import { closedPort, collect, ending, listen, startDial } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';

/** A backend that says its name to whoever connects. */
const named = (t: TestContext, name: string) => listen(t, (socket) => socket.end(name));

/** The names of the backends that the next connections reach. */
async function reached(t: TestContext, daemon: Daemon, count: number): Promise<string[]> {
  const port = await daemon.port('svc');
  const names: string[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const socket = await dialTls(t, port, { rejectUnauthorized: false });
    names.push((await collect(socket)).toString());
    socket.destroy();
  }
  return names;
}

const service = (connect: readonly number[], options: Options = {}): string => serverSection('svc', { connect, ...options });

test('TIMEOUTconnect = 0: whoever answers at once is reached, by many connections at a time too', async (t) => {
  const { port } = await named(t, 'here');
  const daemon = await startDaemon(t, { config: service([port], { TIMEOUTconnect: 0 }) });
  const sixAtATime = await Promise.all(Array.from({ length: 6 }, () => reached(t, daemon, 10)));
  assert.deepEqual([...new Set(sixAtATime.flat())], ['here']);
  await daemon.stop();
});

suite('several targets', () => {
  test('prio: always the first that answers', async (t) => {
    const [one, two] = [await named(t, 'one'), await named(t, 'two')];
    const daemon = await startDaemon(t, { config: service([one.port, two.port]) });
    assert.deepEqual(await reached(t, daemon, 4), ['one', 'one', 'one', 'one']);
    await daemon.stop();
  });

  test('rr: one after the other, whatever the first was', async (t) => {
    const [one, two] = [await named(t, 'one'), await named(t, 'two')];
    const daemon = await startDaemon(t, { config: service([one.port, two.port], { failover: 'rr' }) });
    const names = await reached(t, daemon, 4);
    assert.deepEqual(names.slice(2), names.slice(0, 2));
    assert.deepEqual([...new Set(names)].sort(), ['one', 'two']);
    await daemon.stop();
  });

  for (const failover of ['prio', 'rr'])
    test(`${failover}: the next one when one refuses, within the same connection, and then that one first`, async (t) => {
      const [closed, two] = [await closedPort(), await named(t, 'two')];
      const daemon = await startDaemon(t, { config: service([closed, two.port], { failover }) });
      assert.deepEqual(
        await reached(t, daemon, 6),
        Array.from({ length: 6 }, () => 'two'),
      );
      await daemon.line(`LOG6[0]: s_connect: connecting 127.0.0.1:`);
      const refused = daemon.lines.filter((line) => line.includes(`s_connect: connect 127.0.0.1:${closed}: Connection refused (111)`));
      assert.ok(refused.length >= 1 && refused.length <= 4, `tried ${refused.length} times in 6 connections`);
      assert.match(refused[0] ?? '', /LOG3\[/);
      assert.ok(!daemon.lines.some((line) => line.includes('No more addresses')));
      await daemon.stop();
    });

  test('none answers: every one is tried, and the client is reset', async (t) => {
    const ports = [await closedPort(), await closedPort()];
    const config = clientSection('svc', { connect: ports });
    const daemon = await startDaemon(t, { config });
    for (let turn = 0; turn < 3; turn += 1) {
      const from = daemon.lines.length;
      assert.equal(await ending(startDial(t, await daemon.port('svc'))), 'ECONNRESET');
      for (const port of ports)
        await daemon.line(`LOG3[${turn}]: s_connect: connect 127.0.0.1:${port}: Connection refused (111)`, { from });
      await daemon.line(`LOG3[${turn}]: No more addresses to connect`, { from });
      await daemon.line(`LOG5[${turn}]: Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket`, { from });
    }
    await daemon.stop();
  });

  test('a target that comes back is used again', async (t) => {
    const [closed, two] = [await closedPort(), await named(t, 'two')];
    const daemon = await startDaemon(t, { config: service([closed, two.port]) });
    assert.deepEqual(await reached(t, daemon, 2), ['two', 'two']);
    const back = await listen(t, (socket) => socket.end('back'));
    back.server.close();
    const again = back.server.listen(closed, '127.0.0.1');
    t.after(() => void again.close());
    const deadline = performance.now() + 30_000;
    while (performance.now() < deadline) if ((await reached(t, daemon, 1))[0] === 'back') break;
    assert.deepEqual(await reached(t, daemon, 2), ['back', 'back']);
    await daemon.stop();
  });
});

suite('a target that never answers', { skip: requires({ netns: true, packages: ['iptables', 'netcat-openbsd'] }) }, () => {
  test('is waited for by one connection, not by every new one', async (t) => {
    const network = new Network();
    t.after(() => network.close());
    const host = network.addHost('host');
    await host.shell('iptables -A INPUT -p tcp --dport 9 -j DROP');
    const backend = `require('net').createServer((s) => s.on('error', () => {}).end('alive')).listen(7000, '127.0.0.1', () => console.log('ready'))`;
    await host.start([process.execPath, '-e', backend]).saw(/ready/);
    const config = serverSection('svc', { accept: 1234, connect: [9, 7000], TIMEOUTconnect: 1 });
    const daemon = await startDaemon(t, { config, place: host });
    const client = `
      const tls = require('tls');
      let left = 20;
      const next = () => tls.connect({ port: 1234, host: '127.0.0.1', rejectUnauthorized: false }).on('error', (e) => console.log(e.message))
        .on('data', (d) => console.log(String(d))).on('close', () => (left -= 1) > 0 && next());
      next();`;
    const program = host.start([process.execPath, '-e', client]);
    const { stdout } = await program.finished;
    assert.equal(stdout, 'alive\n'.repeat(20));
    const waited = daemon.lines.filter((line) => line.includes('s_connect: s_poll_wait 127.0.0.1:9: TIMEOUTconnect exceeded'));
    assert.ok(waited.length >= 1 && waited.length <= 10, `${waited.length} of 20 connections waited`);
    assert.ok(waited[0]?.includes('LOG3['));
    await daemon.stop();
  });
});

suite('names', () => {
  test('one without an address is looked up at each connection, as stunnel does', async (t) => {
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: 'nowhere.invalid:443' }) });
    await daemon.line('LOG3[ui]: Error resolving "nowhere.invalid": Neither nodename nor servname known (EAI_NONAME)');
    await daemon.line('LOG6[ui]: Cannot resolve connect target - delaying DNS lookup');
    assert.equal(await ending(startDial(t, await daemon.port('svc'))), 'ECONNRESET');
    await daemon.line('LOG3[0]: Error resolving "nowhere.invalid": Neither nodename nor servname known (EAI_NONAME)');
    await daemon.line('LOG3[0]: No remote host resolved');
    await daemon.stop();
  });

  test('delay looks them up for each connection: a move is followed at once', { skip: requires({ netns: true }) }, async (t) => {
    const network = new Network();
    t.after(() => network.close());
    const host = network.addHost('host');
    host.names({ 'target.test': '127.0.0.2' });
    const backends = `for (const h of ['127.0.0.2', '127.0.0.3']) require('net').createServer((s) => s.on('error', () => {}).end(h)).listen(7000, h, () => console.log('ready ' + h))`;
    await host.start([process.execPath, '-e', backends]).saw(/ready 127.0.0.3/);
    const config = ['now', 'later'].map((name, index) =>
      serverSection(name, { accept: 1230 + index, connect: 'target.test:7000', delay: index === 0 }),
    );
    const daemon = await startDaemon(t, { config: config.join(''), place: host });
    const ask = async (port: number): Promise<string> => {
      const client = `require('tls').connect({ port: ${port}, host: '127.0.0.1', rejectUnauthorized: false }).on('data', (d) => console.log(String(d)))`;
      return (await host.start([process.execPath, '-e', client]).finished).stdout.trim();
    };
    assert.deepEqual([await ask(1230), await ask(1231)], ['127.0.0.2', '127.0.0.2']);
    host.names({ 'target.test': '127.0.0.3' });
    assert.deepEqual([await ask(1230), await ask(1231)], ['127.0.0.3', '127.0.0.2']);
    await daemon.stop();
  });

  test('all addresses of one are tried', { skip: requires({ netns: true }) }, async (t) => {
    const network = new Network();
    t.after(() => network.close());
    const host = network.addHost('host');
    host.names({ 'unused.test': '127.0.0.9' });
    await host.shell('printf "127.0.0.4 many.test\\n127.0.0.5 many.test\\n" >>/etc/hosts');
    const backend = `require('net').createServer((s) => s.on('error', () => {}).end('five')).listen(7000, '127.0.0.5', () => console.log('ready'))`;
    await host.start([process.execPath, '-e', backend]).saw(/ready/);
    const daemon = await startDaemon(t, { config: serverSection('svc', { accept: 1234, connect: 'many.test:7000' }), place: host });
    const client = `require('tls').connect({ port: 1234, host: '127.0.0.1', rejectUnauthorized: false }).on('data', (d) => console.log(String(d)))`;
    assert.equal((await host.start([process.execPath, '-e', client]).finished).stdout, 'five\n');
    await daemon.line('s_connect: connect 127.0.0.4:7000: Connection refused (111)');
    await daemon.stop();
  });

  test('of a target that moved, its addresses having failed, are looked up again', { skip: requires({ netns: true }) }, async (t) => {
    const network = new Network();
    t.after(() => network.close());
    const host = network.addHost('host');
    host.names({ 'target.test': '127.0.0.2' });
    const backend = `require('net').createServer((s) => s.on('error', () => {}).end('moved')).listen(7000, '127.0.0.3', () => console.log('ready'))`;
    await host.start([process.execPath, '-e', backend]).saw(/ready/);
    const daemon = await startDaemon(t, { config: serverSection('svc', { accept: 1234, connect: 'target.test:7000' }), place: host });
    host.names({ 'target.test': '127.0.0.3' });
    const client = `
      let done = false;
      const ask = () => done || require('tls').connect({ port: 1234, host: '127.0.0.1', rejectUnauthorized: false })
        .on('error', () => {}).on('data', (d) => { console.log(String(d)); done = true; }).on('close', () => setImmediate(ask));
      ask();`;
    assert.equal((await host.start([process.execPath, '-e', client]).finished).stdout, 'moved\n');
    await daemon.stop();
  });
});

suite('the source address', () => {
  test('is that of `local`', async (t) => {
    const backend = await listen(t, (socket) => socket.end(String(socket.remoteAddress)));
    const daemon = await startDaemon(t, { config: service([backend.port], { local: '127.0.0.7' }) });
    assert.deepEqual(await reached(t, daemon, 1), ['127.0.0.7']);
    await daemon.line('Service [svc] connected remote server from 127.0.0.7:');
    await daemon.stop();
  });

  test("is never another one, where `local` has none of the target's family", async (t) => {
    const config = clientSection('svc', { connect: '::1:9', local: '127.0.0.7' });
    const daemon = await startDaemon(t, { config });
    assert.equal(await ending(startDial(t, await daemon.port('svc'))), 'ECONNRESET');
    await daemon.line('LOG3[0]: local = 127.0.0.7: no IPv6 address to reach ::1 from');
    await daemon.stop();
  });

  test('cannot be one of another machine', async (t) => {
    const backend = await listen(t);
    const daemon = await startDaemon(t, {
      config: clientSection('svc', { connect: backend.port, local: '192.0.2.1' }),
    });
    assert.equal(await ending(startDial(t, await daemon.port('svc'))), 'ECONNRESET');
    await daemon.line('LOG3[0]: s_connect: bind: Cannot assign requested address (99)');
    await daemon.stop();
  });

  test('of a command cannot be looked up: it says so and does not start', async () => {
    const { code, stderr } = await runOvercoat(['client', '127.0.0.1:0', 'nowhere.invalid:443']);
    assert.equal(code, 1);
    assert.match(stderr, /^overcoat: Cannot resolve nowhere\.invalid: Neither nodename nor servname known \(EAI_NONAME\); check/);
  });
});
