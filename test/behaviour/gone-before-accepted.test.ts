/** A client that resets its connection before it was accepted (port scanners, health checks): told, and nobody is dialled for it. */
// Tests: src/connection/accept/accepted.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { dial, listen } from '../support/net/tcp.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';

suite('a client that is gone before it is accepted', { skip: requires({ linux: true }) }, () => {
  test('is no Unix socket, and reaches nobody', async (t) => {
    const upstream = await listen(t);
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: upstream.port }) });
    const port = await daemon.port('svc');
    process.kill(daemon.pid, 'SIGSTOP');
    const socket = await dial(t, port);
    socket.resetAndDestroy();
    await once(socket, 'close');
    process.kill(daemon.pid, 'SIGCONT');
    await daemon.line('LOG3[0]: getpeerbyname (local_rfd): Transport endpoint is not connected (107)');
    await daemon.line('LOG5[0]: Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket');
    await dial(t, port);
    await eventually('the next one is served', () => upstream.accepted.length === 1);
    assert.equal(upstream.accepted.length, 1, 'dialled once, for the one who is there');
    upstream.accepted[0]?.destroy();
    await daemon.stop();
  });
});
