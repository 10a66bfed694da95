/**
 * Accounts at a directory that binds them to customers of its own (external account binding), and the first `acme` service, which a
 * reload brings to workers that have served without any.
 */
// Tests: src/daemon/errands.ts, src/daemon/acme-places.ts, src/daemon/workers/supervisor/pool-service.ts, src/acme/orders.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { echoServer, readExactly } from '../support/net/tcp.ts';
import { acmeSection, shownAt } from '../support/overcoat/acme-service.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startPebble } from '../support/peers/pebble.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const KEY = Buffer.alloc(32, 'right').toString('base64url');
const OTHER_KEY = Buffer.alloc(32, 'wrong').toString('base64url');

async function servesWith(t: TestContext, daemon: Daemon, port: number): Promise<void> {
  await daemon.line(/Service \[web\]: certificate for a\.example\.test issued by https/);
  const { socket } = await shownAt(t, port);
  assert.equal(socket.getPeerCertificate().subjectaltname, 'DNS:a.example.test');
  socket.write('hello');
  assert.equal((await readExactly(socket, 5)).toString(), 'hello');
  socket.destroy();
}

suite('accounts and late services of acme', { concurrency: true, skip: requires({ packages: ['pebble'] }) }, () => {
  test('external account binding: the right key opens an account; a wrong one, an unknown one and none are refused with the reason', async (t) => {
    const pebble = await startPebble(t, { bindings: { customer: KEY } });
    const { port: connect } = await echoServer(t);
    const store = tempFolder(t);
    const web = (name: string, binding: Record<string, string>, accept: number | string = 0): string =>
      acmeSection({ directory: pebble.directory, store: join(store, name), name }, { accept, connect, ...binding });
    const daemon = await startDaemon(t, {
      config: [
        web('web', { acmeBindingId: 'customer', acmeBindingFile: '@/right.key' }, pebble.tlsPort),
        web('wrong', { acmeBindingId: 'customer', acmeBindingFile: '@/wrong.key' }),
        web('unknown', { acmeBindingId: 'nobody', acmeBindingFile: '@/right.key' }),
        web('none', {}),
      ].join(''),
      files: { 'right.key': `${KEY}\n`, 'wrong.key': `${OTHER_KEY}\n` },
    });
    await servesWith(t, daemon, pebble.tlsPort);
    const refused = async (name: string): Promise<string> =>
      daemon.line(new RegExp(`Service \\[${name}\\]: no new certificate for a\\.example\\.test from https`));
    assert.match(await refused('wrong'), /external account binding JWS verification error.*acmeBindingFile/);
    assert.match(await refused('unknown'), /compare acmeBindingId/);
    assert.match(await refused('none'), /externalAccountBinding.*say acmeBindingId and acmeBindingFile/);
    assert.equal(
      daemon.lines.some((line) => line.includes(KEY) || line.includes(OTHER_KEY)),
      false,
      'a key is in the log',
    );
    assert.equal(pebble.issued(), 1);
    await daemon.stop();
  });

  test('the first acme service is brought by a reload: refused while its port is taken, then served by several workers, by HTTP-01', async (t) => {
    const pebble = await startPebble(t);
    const { port: connect } = await echoServer(t);
    const { server: occupant } = await listenAt(t, pebble.httpPort);
    const daemon = await startDaemon(t, { config: optionLines({ workers: 2 }) + serverSection('plain', { connect }) });
    const options = { connect, acmeHttp: `127.0.0.1:${pebble.httpPort}` };
    appendFileSync(daemon.configFile, acmeSection({ directory: pebble.directory, store: join(tempFolder(t), 'store') }, options));
    daemon.signal('SIGHUP');
    await daemon.line(/Error binding acmeHttp to 127\.0\.0\.1:\d+: Address already in use/);
    await new Promise((resolve) => occupant.close(resolve));
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line('Reloaded in', { from });
    await servesWith(t, daemon, await daemon.port('web'));
    daemon.takeBaseline();
    await daemon.stop();
  });
});

async function listenAt(t: TestContext, port: number): Promise<{ readonly server: Server }> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { server };
}
