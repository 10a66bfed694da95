/**
 * A peer that goes away before the TLS handshake has finished ends its connection at once, however it leaves; nothing waits for
 * TIMEOUTbusy. The runtime would keep a half-open socket in the handshake for ever. A reset may come before the daemon has looked at
 * the new connection: then it is said where the connection is accepted or dialled, and not in the handshake.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { before, test } from 'node:test';
import { connect } from 'node:tls';
import type { TcpServer } from '../support/net/tcp.ts';
import { dial, ending, listen } from '../support/net/tcp.ts';
import { clientSection, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { suiteEnd } from '../support/suite-end.ts';

const t = suiteEnd();
let daemon: Daemon;
let backend: TcpServer;
let silent: TcpServer;
/** The first flight of a real TLS client. */
let hello: Buffer;

before(async () => {
  backend = await listen(t);
  silent = await listen(t);
  const recorder = connect({ port: silent.port, host: '127.0.0.1' });
  recorder.on('error', () => undefined);
  const recorded = await silent.next();
  [hello] = (await once(recorded, 'data')) as [Buffer];
  recorder.destroy();

  daemon = await startDaemon(t, {
    config: serverSection('unwrap', { connect: backend.port }) + clientSection('wrap', { connect: silent.port }),
  });
});

const ways: [string, (socket: Socket) => void][] = [
  ['at once, with a FIN', (socket) => socket.end()],
  ['at once, with a reset', (socket) => socket.resetAndDestroy()],
  ['after half a ClientHello, with a FIN', (socket) => socket.end(hello.subarray(0, 50))],
  ['after a whole ClientHello, with a FIN', (socket) => socket.end(hello)],
  ['after a whole ClientHello, with a reset', (socket) => socket.write(hello, () => socket.resetAndDestroy())],
];

for (const [how, leave] of ways) {
  test(`server mode: the client leaves ${how}`, async (context) => {
    const from = daemon.lines.length;
    const client = await dial(context, await daemon.port('unwrap'));
    leave(client);
    await daemon.line(/LOG3\[\d+\]: (?:SSL_accept|getpeerbyname)/, { from });
    await daemon.line('0 byte(s) sent to TLS, 0 byte(s) sent to socket', { from });
    await ending(client);
    await daemon.holdsNothing();
  });
}

for (const [how, leave] of ways.slice(0, 2)) {
  test(`client mode: the upstream leaves ${how}`, async (context) => {
    const from = daemon.lines.length;
    const client = await dial(context, await daemon.port('wrap'));
    leave((await silent.next()).resume());
    await daemon.line(/LOG3\[\d+\]: (?:SSL_connect: |s_connect: connect )/, { from });
    await daemon.line('0 byte(s) sent to TLS, 0 byte(s) sent to socket', { from });
    assert.equal(await ending(client), 'ECONNRESET');
    await daemon.holdsNothing();
  });
}

test('nothing is left open', async () => {
  assert.equal(backend.accepted.length, 0);
  await daemon.stop();
});
