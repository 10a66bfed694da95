/**
 * `acme`: a certificate is asked for at a real directory (pebble) that refuses good nonces, by both challenges; it is renewed, shared with
 * another process, and its failures are told while the former one serves on.
 */
// Tests: src/tls/engine/engine.ts, src/daemon/renewal/certificate-keeper.ts, src/daemon/acme-places.ts, src/daemon/errands.ts, src/acme/orders.ts, src/connection/secure/challenge.ts, src/tls/material/challenges.ts
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { echoes } from '../support/net/echoes.ts';
import { closedPort, echoServer } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { acmeSection, shownAt } from '../support/overcoat/acme-service.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { identity, optionLines, section } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { ask, askJson, metric } from '../support/overcoat/status.ts';
import type { Pebble } from '../support/peers/pebble.ts';
import { startPebble } from '../support/peers/pebble.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const NONCES = { PEBBLE_WFE_NONCEREJECT: '30' };

function service({ directory }: Pebble, store: string, options: Options): string {
  return acmeSection({ directory, store }, options);
}

async function statusPort(daemon: Daemon): Promise<number> {
  return Number(/:(\d+)\/$/.exec(await daemon.line('Status is served at'))?.[1]);
}

suite('a certificate from a directory', { concurrency: true, skip: requires({ packages: ['pebble'] }) }, () => {
  test('is issued by TLS-ALPN-01 before any virtual host, renewed under a running connection, and its loss is told', async (t) => {
    const pebble = await startPebble(t, { validSeconds: 12, env: NONCES });
    const { port: backend } = await echoServer(t);
    const store = join(tempFolder(t), 'store');
    const head = optionLines({ workers: 2, status: '127.0.0.1:0' });
    const options = { accept: `127.0.0.1:${pebble.tlsPort}`, connect: backend, acme: 'a.example.test,b.example.test' };
    // it has the name, and not the challenge
    const virtual = section('virtual', { client: 'no', sni: 'web:b.example.test', connect: await closedPort(), ...identity() });
    const daemon = await startDaemon(t, { config: head + service(pebble, store, options) + virtual });
    await daemon.line(/LOG4\[main\]: Service \[web\]: no certificate for a\.example\.test, b\.example\.test yet: handshakes fail/);
    const status = await statusPort(daemon);
    await daemon.line(/LOG5\[main\]: Service \[web\]: certificate for a\.example\.test, b\.example\.test issued by https/);
    assert.equal((await ask(status, '/readyz')).code, 200);
    assert.equal(statSync(store).mode & 0o777, 0o700);
    const first = await shownAt(t, pebble.tlsPort);
    await echoes(first.socket);
    await daemon.line('certificate of [web] renewed until', { within: 30_000 });
    const second = await shownAt(t, pebble.tlsPort);
    assert.notEqual(second.serial, first.serial);
    await echoes(first.socket);
    await pebble.program.stop();
    await daemon.line(/LOG3\[main\].*no new certificate.*localhost:\d+: .*the former one serves on/, { within: 30_000 });
    await daemon.line(/LOG3\[main\].*no new certificate.*the time is running out/, { within: 30_000 });
    assert.ok((await metric(status, 'overcoat_acme_orders_total{service="web",result="failed"}')) >= 2);
    const ready = await ask(status, '/readyz');
    assert.equal(ready.code, 503);
    assert.match(ready.body, /service \[web\] gets no new certificate: localhost/);
    const { problems } = await askJson<{ problems: { code: string }[] }>(status, '/api/v1/problems');
    assert.equal(problems[0]?.code, 'config_acme');
    const last = await shownAt(t, pebble.tlsPort);
    await echoes(last.socket);
    for (const { socket } of [first, second, last]) socket.destroy();
    await daemon.stop();
  });

  test('is issued by HTTP-01, once for two processes that share the folder', async (t) => {
    const pebble = await startPebble(t, { env: { ...NONCES, PEBBLE_VA_NOSLEEP: '', PEBBLE_VA_SLEEPTIME: '1' } });
    const { port: backend } = await echoServer(t);
    const store = join(tempFolder(t), 'store');
    const start = (http: number): Promise<Daemon> =>
      startDaemon(t, { config: service(pebble, store, { accept: '127.0.0.1:0', connect: backend, acmeHttp: `127.0.0.1:${http}` }) });
    // whichever of them asks, the one that is reached answers
    const both = await Promise.all([start(pebble.httpPort), start(await closedPort())]);
    const serials = await Promise.all(
      both.map(async (daemon) => {
        await daemon.line(/Renewed from .*certificate\.pem/, { within: 30_000 });
        const { socket, serial } = await shownAt(t, await daemon.port('web'));
        await echoes(socket);
        socket.destroy();
        return serial;
      }),
    );
    assert.equal(serials[0], serials[1]);
    assert.equal(pebble.issued(), 1);
    for (const daemon of both) await daemon.stop();
  });

  test('that is refused is told with the reason, and handshakes get an alert meanwhile', async (t) => {
    const pebble = await startPebble(t, { env: NONCES });
    const daemon = await startDaemon(t, {
      config: service(pebble, join(tempFolder(t), 'store'), { accept: '127.0.0.1:0', connect: await closedPort() }),
    });
    await daemon.line(
      /no new certificate for a\.example\.test from .*tls-alpn-01 challenge; port 443 of every name has to lead to this service; next try in \d+ seconds; the time is running out/,
    );
    await assert.rejects(dialTls(t, await daemon.port('web'), { rejectUnauthorized: false }), /handshake failure|alert/i);
    assert.equal(pebble.issued(), 0);
    await daemon.stop();
  });
});
