/**
 * One source may have so many connections and come so often (`clientsPerAddress`, `handshakesPerSecond`): the others are refused before
 * TLS, counted, and told of once; other sources do not notice.
 */
// Tests: src/connection/access/proxied.ts, src/connection/accept/listener.ts
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { authority } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, dial, echoServer, ending, readExactly, startDial } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { clientSection, identity, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startCommand, startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { askJson, metric } from '../support/overcoat/status.ts';
import { assertRecord } from '../support/schemas.ts';
import { tempFolder } from '../support/temp.ts';

const turnedAway = (service: string, limit: string) => `overcoat_clients_turned_away_total{service="${service}",limit="${limit}"}`;

/** Clients that are served by an echo, from one address. */
async function served(t: TestContext, port: number, count: number, from = '127.0.0.1'): Promise<Socket[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => dial(t, port, { localAddress: from })));
  for (const client of clients) {
    client.write('x');
    await readExactly(client, 1);
  }
  return clients;
}

/** How many of so many clients are refused: a reset, without a byte. */
async function refused(t: TestContext, port: number, count: number, from = '127.0.0.1'): Promise<number> {
  const ends = await Promise.all(Array.from({ length: count }, () => ending(startDial(t, port, { localAddress: from }))));
  return ends.filter((end) => end === 'ECONNRESET').length;
}

function refusals(daemon: Daemon, code: string): readonly string[] {
  return daemon.lines.filter((line) => line.includes(`${code}: `));
}

suite('limits of a source', () => {
  test('clients: refused, counted, recorded, told of once a second; a reload changes it', async (t) => {
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const status = await closedPort();
    const records = join(tempFolder(t), 'records');
    const limited = (most: number): string =>
      optionLines({ control: false, status: `127.0.0.1:${status}`, records }) +
      clientSection('wrap', { connect: upstream.port, clientsPerAddress: most });
    const daemon = await startDaemon(t, { config: limited(4) });
    const port = await daemon.port('wrap');
    const inside = await served(t, port, 4);
    const others = await served(t, port, 1, '127.0.0.2');
    assert.equal(await refused(t, port, 40), 40);
    for (const client of [...inside, ...others]) {
      client.write('still');
      assert.equal((await readExactly(client, 5)).toString(), 'still');
    }
    await eventually('each is counted', async () => (await metric(status, turnedAway('wrap', 'clientsPerAddress'))) === 40);
    const line = await daemon.line(
      /LOG4\[\d+\]: Connection failed: 127\.0\.0\.1:\d+ -> .*access_too_many_clients: 127\.0\.0\.1 has 4 connection\(s\) open/,
    );
    assert.match(line, /as many as clientsPerAddress allows\. Raise clientsPerAddress/);
    assert.ok(refusals(daemon, 'access_too_many_clients').length <= 8, 'a line a second, not one for each');
    const problems = await askJson<{ problems: { code: string; client: string }[] }>(status, '/api/v1/problems');
    assert.ok(problems.problems.some(({ code, client }) => code === 'access_too_many_clients' && client.startsWith('127.0.0.1:')));
    const lines = readFileSync(records, 'utf8').trim().split('\n');
    const record = lines.map((each) => JSON.parse(each)).find(({ code }) => code === 'access_too_many_clients');
    assertRecord(record);
    assert.deepEqual([record.stage, record.endedBy], ['access', 'overcoat']);

    const from = daemon.lines.length;
    const head = readFileSync(daemon.configFile, 'utf8').split('control = no')[0];
    writeFileSync(daemon.configFile, head + limited(6));
    daemon.signal('SIGHUP');
    await daemon.line('Reloaded in', { from });
    inside.push(...(await served(t, port, 2)));
    assert.equal(await refused(t, port, 3), 3);
    inside.pop()?.destroy();
    const next = await eventually('whoever leaves makes room', () => served(t, port, 1).catch(() => undefined));
    for (const client of [...inside, ...others, ...next]) client.destroy();
    await daemon.stop();
  });

  test('handshakes: of one source and in all, before TLS is begun', async (t) => {
    const backend = await echoServer(t);
    const status = await closedPort();
    const daemon = await startDaemon(t, {
      config:
        optionLines({ control: false, status: `127.0.0.1:${status}` }) +
        serverSection('unwrap', { connect: backend.port, handshakesPerSecond: '30,5', TIMEOUTsetup: 1 }),
    });
    const port = await daemon.port('unwrap');
    const began = performance.now();
    const counted = (): Promise<number> => metric(status, turnedAway('unwrap', 'handshakesPerSecond'));
    await refused(t, port, 100, '127.0.0.3'); // those that are let in say nothing and are reset as well, later
    const flood = await counted();
    const allowed = 5 + Math.ceil((performance.now() - began) / 200);
    assert.ok(flood <= 95 && flood >= 100 - allowed, `${flood} of 100 were refused`);
    const good = await dialTls(t, port, { servername: 'localhost', socket: await dial(t, port, { localAddress: '127.0.0.4' }) });
    good.write('well');
    assert.equal((await readExactly(good, 4)).toString(), 'well', 'another source has its own');
    await Promise.all(Array.from({ length: 60 }, (_, index) => ending(startDial(t, port, { localAddress: `127.0.1.${index + 1}` }))));
    assert.ok((await counted()) > flood, 'all together are too many');
    await daemon.line(
      /access_too_many_handshakes: 127\.0\.0\.3 began more than the 5 connection\(s\) a second that handshakesPerSecond allows/,
    );
    await daemon.line(/access_too_many_handshakes: all clients together began more than the 30 /);
    good.destroy();
    await daemon.stop();
  });

  test('behind a load balancer the source is that of the PROXY header', async (t) => {
    const backend = await echoServer(t);
    const daemon = await startDaemon(t, {
      config: serverSection('behind', { connect: backend.port, proxyAccept: '127.0.0.0/8', clientsPerAddress: 2 }),
    });
    const port = await daemon.port('behind');
    const from = async (address: string): Promise<Socket> => {
      const raw = await dial(t, port);
      raw.write(
        `PROXY TCP${address.includes(':') ? '6' : '4'} ${address} ${address.includes(':') ? '2001:db8::9' : '192.0.2.9'} 5000 443\r\n`,
      );
      return raw;
    };
    const serve = async (address: string): Promise<Socket> => {
      const client = connectTls({ socket: await from(address), servername: 'localhost', ca: authority().certificate });
      t.after(() => void client.destroy());
      client.write('x');
      await readExactly(client, 1);
      return client;
    };
    const inside = [
      await serve('2001:db8:0:1::1'),
      await serve('2001:db8:0:1::2'),
      await serve('2001:db8:0:2::1'),
      await serve('198.51.100.1'),
    ];
    assert.equal(await ending(await from('2001:db8:0:1:ffff::3')), 'ECONNRESET');
    await daemon.line(/access_too_many_clients: 2001:db8:0:1::\/64 has 2 connection\(s\) open/);
    for (const client of inside) client.destroy();
    await daemon.stop();
  });

  test('workers count together, and what one had is free again when it ends', async (t) => {
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const daemon = await startDaemon(t, {
      bare: true,
      config: `${optionLines({ foreground: true, syslog: false, debug: 7, workers: 2 })}${clientSection('wrap', { connect: upstream.port, clientsPerAddress: 8 })}`,
    });
    const port = await daemon.port('wrap');
    const inside = await served(t, port, 8);
    assert.equal(await refused(t, port, 8), 8);
    for (const pid of workersOf(daemon.pid)) process.kill(pid, 'SIGKILL');
    await Promise.all(inside.map(ending));
    const next = await eventually('all places are free', () => served(t, port, 8).catch(() => undefined));
    for (const client of next) client.destroy();
    await daemon.stop({ holding: true });
  });

  test('`overcoat server` has a limit that a place behind one address does not reach, and flags to change it', async (t) => {
    const backend = await echoServer(t);
    const { certFile, keyFile } = { certFile: identity().cert, keyFile: identity().key };
    const args = ['server', '127.0.0.1:0', String(backend.port), '--cert', certFile, '--key', keyFile, '--debug', '7'];
    const daemon = await startCommand(t, [...args, '--clients-per-address', '1', '--handshakes-per-second', '0,50']);
    const port = await daemon.port('server');
    const inside = await dialTls(t, port, { servername: 'localhost' });
    assert.equal(await refused(t, port, 2), 2);
    await daemon.line(/access_too_many_clients: 127\.0\.0\.1 has 1 connection\(s\) open, as many as --clients-per-address allows/);
    inside.destroy();
    await daemon.stop();
  });
});
