/** A target that is away for a moment: with `redial` the client waits, within a bound; and what notices a peer that is gone for good. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { closedPort, dial, ending, readExactly, startDial } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startCommand, startDaemon } from '../support/overcoat/daemon.ts';

const AGAIN = 'No address answers: trying again in';

suite('redial', () => {
  test('a target that comes up while the client waits is reached, and what the client said is there', async (t) => {
    const port = await closedPort();
    const daemon = await startDaemon(t, { config: serverSection('svc', { connect: port, redial: 30 }) });
    const client = await dialTls(t, await daemon.port('svc'), { host: 'localhost' });
    client.write('hello');
    await daemon.line(AGAIN);
    const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(port, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => void server.close());
    assert.equal((await readExactly(client, 5)).toString(), 'hello');
    assert.ok(!daemon.lines.some((line) => line.includes('Connection failed')));
    client.end();
    await ending(client);
    await daemon.stop();
  });

  test('a client that leaves ends it', async (t) => {
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: await closedPort(), redial: 3600, ...verified() }) });
    const client = startDial(t, await daemon.port('svc'));
    await daemon.line(AGAIN);
    client.resetAndDestroy();
    await daemon.line('Connection reset');
    await daemon.stop();
  });

  test('also one that had spoken, which nobody has read', async (t) => {
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: await closedPort(), redial: 3600, ...verified() }) });
    const client = await dial(t, await daemon.port('svc'));
    client.write('hello');
    await daemon.line(AGAIN);
    client.write(' and more');
    await daemon.line(AGAIN, { from: daemon.lines.length });
    client.resetAndDestroy();
    await daemon.line('Connection reset');
    await daemon.stop();
  });

  test('without it a target is asked once', async (t) => {
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: await closedPort(), ...verified() }) });
    await ending(await dial(t, await daemon.port('svc'))).catch(() => undefined);
    await daemon.line('Connection failed');
    assert.ok(!daemon.lines.some((line) => line.includes(AGAIN)));
    await daemon.stop();
  });
});

test('a command asks its peers whether they are there, and gives up on what is not acknowledged', async (t) => {
  const server = await listenTls(t);
  const accept = await closedPort();
  const { certFile } = certificate('server');
  const daemon = await startCommand(t, ['client', `127.0.0.1:${accept}`, `127.0.0.1:${server.port}`, '--pin', certFile, '--debug', '7']);
  const client = await dial(t, accept);
  await daemon.line('connected remote server');
  for (const name of ['SO_KEEPALIVE', 'TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT', 'TCP_USER_TIMEOUT'])
    for (const socket of ['accept', 'remote']) await daemon.line(`Option ${name} set on ${socket} socket`);
  client.destroy();
  (await server.next()).destroy();
  await daemon.stop();
});
