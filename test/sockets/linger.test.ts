/** What a peer sees of a socket whose process dies, which the kernel closes for it, and of one that is ended in order. */
// Tests: src/sockets/socket.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { close } from '../../src/linux/libc/descriptors.ts';
import { getsockopt } from '../../src/linux/libc/sockets.ts';
import { encodeSocketAddress } from '../../src/linux/sockets/socket-address.ts';
import { makeTcpSocket } from '../../src/linux/sockets/tcp-socket.ts';
import { poller } from '../../src/sockets/poller.ts';
import type { Linger } from '../../src/sockets/socket.ts';
import { Socket } from '../../src/sockets/socket.ts';
import { connect } from '../../src/sockets/system-calls.ts';
import { ending } from '../support/net/tcp.ts';

const SOL_SOCKET = 1;
const SO_LINGER = 13;

async function open(t: TestContext, linger: Linger): Promise<{ readonly socket: Socket; readonly peer: NetSocket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const fd = makeTcpSocket(4);
  connect(fd, encodeSocketAddress({ address: '127.0.0.1', port: (server.address() as AddressInfo).port }));
  const [peer] = (await once(server, 'connection')) as [NetSocket];
  return { socket: new Socket(fd, null, linger), peer };
}

function lingerOf({ fd }: Socket): number[] {
  const bytes = new Uint8Array(8);
  getsockopt(fd, SOL_SOCKET, SO_LINGER, bytes);
  return [...new Int32Array(bytes.buffer)];
}

suite('a socket that resets by the death of its process', () => {
  test('is one the kernel closes with RST', async (t) => {
    const { socket, peer } = await open(t, 'default');
    socket.resetByDeath();
    assert.deepEqual(lingerOf(socket), [1, 0]);
    const end = ending(peer);
    const { fd } = socket;
    close(fd); // as the kernel does
    assert.equal(await end, 'ECONNRESET');
    poller.forget(fd);
  });

  test('ends with FIN where it is ended in order', async (t) => {
    const { socket, peer } = await open(t, 'default');
    socket.resetByDeath();
    const end = ending(peer);
    socket.close('close');
    assert.equal(await end, 'closed');
  });

  test('keeps what the user has said', async (t) => {
    const { socket, peer } = await open(t, 'configured');
    socket.resetByDeath();
    assert.deepEqual(lingerOf(socket), [0, 0]);
    const end = ending(peer);
    socket.close('close');
    assert.equal(await end, 'closed');
  });
});
