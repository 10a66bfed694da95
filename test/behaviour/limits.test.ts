/** Every wait of a connection has its limit: what happens when it is over, seen from both sides and in the log. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import type { TcpServer } from '../support/net/tcp.ts';
import { collect, dial, ending, listen, readExactly } from '../support/net/tcp.ts';
import type { TlsServer } from '../support/net/tls.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startCommand, startDaemon } from '../support/overcoat/daemon.ts';

interface World {
  readonly daemon: Daemon;
  readonly upstream: TlsServer;
  readonly backend: TcpServer;
  readonly wrapPort: number;
  readonly unwrapPort: number;
}

/** One daemon with a client-mode and a server-mode service and the given limits. */
async function start(t: TestContext, limits: Options): Promise<World> {
  const upstream = await listenTls(t);
  const backend = await listen(t);
  const wrap = clientSection('wrap', { connect: upstream.port, ...verified() });
  const unwrap = serverSection('unwrap', { connect: backend.port });
  const daemon = await startDaemon(t, { config: optionLines(limits) + wrap + unwrap });
  return { daemon, upstream, backend, wrapPort: await daemon.port('wrap'), unwrapPort: await daemon.port('unwrap') };
}

interface Ends {
  readonly client: Socket;
  readonly server: Socket;
}

const open = {
  'client mode': async (t: TestContext, { wrapPort, upstream }: World): Promise<Ends> => {
    const client = await dial(t, wrapPort);
    return { client, server: await upstream.next() };
  },
  'server mode': async (t: TestContext, { unwrapPort, backend }: World): Promise<Ends> => {
    const client = await dialTls(t, unwrapPort, { servername: 'localhost' });
    return { client, server: await backend.next() };
  },
};
const modes = Object.entries(open);

suite('limits', { concurrency: true }, () => {
  for (const [mode, connected] of modes) {
    test(`TIMEOUTidle resets both sides of a quiet connection, ${mode}`, async (t) => {
      const world = await start(t, { TIMEOUTidle: 1 });
      const { client, server } = await connected(t, world);
      assert.deepEqual(await Promise.all([ending(client), ending(server)]), ['ECONNRESET', 'ECONNRESET']);
      await world.daemon.line('TIMEOUTidle exceeded: sending reset');
      await world.daemon.stop();
    });

    test(`TIMEOUTclose ends what one side never ends, ${mode}`, async (t) => {
      const world = await start(t, { TIMEOUTclose: 1 });
      const first = await connected(t, world);
      first.client.end('last words');
      assert.equal((await readExactly(first.server, 10)).toString(), 'last words');
      assert.equal((await collect(first.client)).length, 0);
      const second = await connected(t, world);
      second.server.end('last words');
      assert.equal((await readExactly(second.client, 10)).toString(), 'last words');
      assert.equal((await collect(second.server)).length, 0);
      await world.daemon.line(/LOG\d\[1\]: TIMEOUTclose exceeded/);
      await world.daemon.line(/LOG5\[1\]: Connection closed: /);
      await world.daemon.stop();
    });

    test(`data in one direction keeps a half-closed connection past TIMEOUTclose, ${mode}`, async (t) => {
      const world = await start(t, { TIMEOUTclose: 2 });
      const { client, server } = await connected(t, world);
      client.end('question');
      assert.equal((await readExactly(server, 8)).toString(), 'question');
      const answer = collect(client);
      for (let part = 0; part < 10; part += 1) {
        server.write('part');
        await new Promise((resolve) => setTimeout(resolve, 400)); // the pace of the sender is what is tested: 4 s in all
      }
      server.end();
      assert.equal((await answer).length, 40);
      await world.daemon.stop();
    });
  }

  test('TIMEOUTbusy ends a handshake with a silent upstream', async (t) => {
    const silent = await listen(t);
    const config = optionLines({ TIMEOUTbusy: 1 }) + clientSection('wrap', { connect: silent.port });
    const daemon = await startDaemon(t, { config });
    const client = await dial(t, await daemon.port('wrap'));
    assert.equal(await ending(client), 'ECONNRESET');
    await daemon.line(/SSL_connect: .*TIMEOUTbusy exceeded/);
    await daemon.stop();
  });

  test('TIMEOUTbusy ends a handshake with a silent client', async (t) => {
    const world = await start(t, { TIMEOUTbusy: 1 });
    const silent = await dial(t, world.unwrapPort);
    assert.match(await ending(silent), /^(closed|ECONNRESET)$/);
    await world.daemon.line(/SSL_accept: .*TIMEOUTbusy exceeded/);
    assert.equal(world.backend.accepted.length, 0);
    await world.daemon.stop();
  });

  test('TIMEOUTbusy for a client that is silent in the negotiation: it is reset, and TLS with the upstream ends in order', async (t) => {
    const upstream = await listenTls(t, { ALPNProtocols: ['postgresql'] });
    const config =
      optionLines({ TIMEOUTbusy: 5 }) + clientSection('wrap', { connect: upstream.port, protocol: 'pgsql-direct', ...verified() });
    const daemon = await startDaemon(t, { config });
    const client = await dial(t, await daemon.port('wrap'));
    const server = await upstream.next();
    assert.deepEqual(await Promise.all([ending(client), collect(server)]), ['ECONNRESET', Buffer.alloc(0)]);
    await daemon.line('Connection closed/reset: 0 byte');
    await daemon.stop();
  });

  test('a service without a file gives its client ten seconds to begin', async (t) => {
    const backend = await listen(t);
    const { certFile, keyFile } = certificate('server');
    const args = ['server', '127.0.0.1:0', `127.0.0.1:${backend.port}`, '--cert', certFile, '--key', keyFile, '--debug', '7'];
    const daemon = await startCommand(t, args);
    const silent = await dial(t, await daemon.port('server'));
    silent.write(Buffer.of(0x16, 0x03)); // the first bytes of a hello do not renew the wait
    assert.equal(await ending(silent), 'ECONNRESET');
    await daemon.line('TIMEOUTsetup exceeded');
    assert.equal(backend.accepted.length, 0);
    await daemon.stop();
  });
});
