/** A dialled leg has what was to be set before it connects, leaves from where it should, and fails as its own failure. */
// Tests: src/linux/sockets/tcp-socket.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import type { SocketOption } from '../../src/config/config.ts';
import { readSocketOption } from '../../src/linux/sockets/socket-options.ts';
import type { Dialling } from '../../src/sockets/dial.ts';
import { dial } from '../../src/sockets/dial.ts';
import { listen } from '../support/net/tcp.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const SETTINGS: readonly SocketOption[] = [
  { name: 'IP_TTL', value: { kind: 'int', value: 77 } },
  { name: 'SO_LINGER', value: { kind: 'linger', on: true, seconds: 3 } },
];

function to(port: number, settings: readonly SocketOption[], local?: string): Dialling {
  return dial({ address: { address: '127.0.0.1', port }, local, source: undefined, settings, noDelay: true, tell: () => undefined });
}

const connected = (dialling: Dialling): Promise<void> => new Promise((resolve) => dialling.onConnected(resolve));

suite('a dialled leg', () => {
  for (const settings of [SETTINGS, []]) {
    const how = settings.length > 0 ? 'made by hand' : "the runtime's own";

    test(`${how}, has its options and leaves from where it should`, { skip: requires({ linux: true }) }, async (t) => {
      const accepted = Promise.withResolvers<Socket>();
      const { port } = await listen(t, accepted.resolve);
      const dialling = to(port, settings, '127.0.0.3');
      await connected(dialling);
      const { descriptor, local, remote } = dialling.leg;
      assert.equal((await accepted.promise).remoteAddress, '127.0.0.3');
      assert.equal(local?.address, '127.0.0.3');
      assert.deepEqual(remote, { address: '127.0.0.1', port });
      for (const { name, value } of settings) assert.deepEqual(readSocketOption(descriptor, name, value.kind), value);
      assert.deepEqual(readSocketOption(descriptor, 'TCP_NODELAY', 'flag'), { kind: 'flag', on: true });
      dialling.leg.end('close');
      assert.equal(dialling.leg.gone, true);
    });

    test(`${how}, fails where it is refused`, { skip: requires({ linux: true }) }, async () => {
      const { leg } = to(1, settings);
      const cause = await new Promise<NodeJS.ErrnoException>((resolve) => leg.onFailed(resolve));
      assert.equal(cause.code, 'ECONNREFUSED');
    });
  }

  test('to a Unix socket has no addresses', async (t) => {
    const path = `${tempFolder(t)}/socket`;
    const server = createServer().listen(path);
    await once(server, 'listening');
    t.after(() => void server.close());
    const dialling = dial({ path });
    await connected(dialling);
    assert.deepEqual([dialling.leg.local, dialling.leg.remote], [undefined, undefined]);
    dialling.leg.end('reset');
  });
});
