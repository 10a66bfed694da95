import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { suite, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { descriptorOf } from '../../../src/linux/sockets/descriptor.ts';
import { abortConnection } from '../../../src/linux/sockets/reset.ts';
import { requires } from '../../support/requirements.ts';

/** What the far end of a connection sees when the near end does `finish`. */
async function seenByPeer(finish: (near: Socket) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const ended = new Promise<string>((resolve) => {
    far.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    far.on('end', () => resolve('end'));
  });
  far.resume();
  await once(far, 'connect');
  const [near] = (await accepted) as [Socket];
  finish(near);
  const seen = await ended;
  far.destroy();
  server.close();
  return seen;
}

suite('aborting a connection', { skip: requires({ linux: true }) }, () => {
  test('reaches the peer as a reset', async () => {
    const seen = await seenByPeer((near) => {
      abortConnection(descriptorOf(near));
      near.destroy();
    });
    assert.equal(seen, 'ECONNRESET');
  });

  test('works below a TLS socket, where destroying alone looks like a clean end', async () => {
    const wrap = (near: Socket): TLSSocket => {
      const secure = new TLSSocket(near, { isServer: true });
      secure.on('error', () => undefined);
      return secure;
    };
    assert.equal(await seenByPeer((near) => void wrap(near).destroy()), 'end');
    const seen = await seenByPeer((near) => {
      const secure = wrap(near);
      abortConnection(descriptorOf(secure));
      secure.destroy();
    });
    assert.equal(seen, 'ECONNRESET');
  });

  test('ignores a socket that is closed already', () => {
    abortConnection(-1);
  });
});
