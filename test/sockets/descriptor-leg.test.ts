/** The last end of a relay over TLS where the kernel has no room for what TLS says before it: the stream is whole all the same. */
// Tests: src/sockets/sending-leg.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow, Leg } from '../../src/sockets/leg.ts';
import { WRITABLE } from '../../src/sockets/poller.ts';
import { eventually } from '../support/eventually.ts';
import { acceptAll, clientContext, Inbox, judgeChain, plainPair, serverContext, tlsPair } from '../support/net/legs.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** More than close_notify in a record of its own. */
const ALERT_AT_MOST = 64;

for (const version of ['TLSv1.2', 'TLSv1.3'])
  test(`${version}: close_notify that the kernel does not take goes out before the end`, async (t) => {
    const both = { minVersion: version, maxVersion: version };
    const { server, client, sockets } = await tlsPair(
      t,
      { context: serverContext(t, both), judge: acceptAll },
      { context: clientContext(t, both), judge: judgeChain, serverName: 'localhost' },
    );
    const [upstream, far] = await plainPair(t);
    let delivered = 0;
    const between = (...legs: readonly Leg[]): Flow => ({
      moved: () => undefined,
      ending: () => true,
      delivered: () => {
        delivered += 1;
        if (delivered === 2) for (const leg of legs) leg.end('close'); // as the owner of a relay does
      },
    });
    const flow = between(server.leg, upstream);
    server.leg.pump(upstream, flow);
    upstream.pump(server.leg, flow);
    const inbox = new Inbox(client.leg);
    client.leg.finish();
    await eventually('the client has ended its direction', () => delivered === 1, { every: 2 });

    const { server: socket } = sockets;
    const write = socket.write.bind(socket);
    let refused = 0;
    socket.write = (from, length) => {
      if (length > ALERT_AT_MOST) return write(from, length);
      refused += 1;
      return 0;
    };
    far.finish(Buffer.alloc(1000, 'x'));
    await eventually('there was no room for the last', () => refused > 0, { every: 2 });
    await nextTurn();
    assert.equal(delivered, 1, 'what is not sent is not delivered');
    socket.write = write;
    socket.ready(WRITABLE);
    assert.equal(await inbox.over(), 'whole');
    assert.equal(inbox.bytes.length, 1000);
    assert.equal(delivered, 2);
  });
