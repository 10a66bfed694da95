/**
 * A TLS client that has nothing to say (a health check, `openssl s_client </dev/null`) sends the end of its handshake, close_notify
 * and FIN in one go. That end arrives before the relay starts, and must be passed on all the same: it once was lost, and the connection
 * stayed until TIMEOUTidle. A plain client that connects and leaves is the same story in client mode.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { collect, dial, listen } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

for (const version of ['-tls1_3', '-tls1_2']) {
  test(`with ${version} the backend sees the end`, { skip: requires({ packages: ['openssl'] }) }, async (t) => {
    const backend = await listen(t);
    const { bothFile } = certificate('server');
    const daemon = await startDaemon(t, {
      config: serverSection('server', { connect: backend.port, cert: bothFile }),
    });
    const port = await daemon.port('server');
    for (let round = 0; round < 5; round += 1) {
      const { code } = await runProgram(['openssl', 's_client', version, '-connect', `127.0.0.1:${port}`]);
      assert.equal(code, 0);
      const socket = await backend.next();
      await eventually('the end arrives', () => socket.readableEnded);
      socket.end();
    }
    await daemon.line(/LOG5\[4\]: Connection closed: 0 byte\(s\) sent to TLS, 0 byte\(s\) sent to socket/);
    await daemon.stop();
  });
}

test('a plain client that connects and leaves at once ends the connection to the upstream', async (t) => {
  const upstream = await listenTls(t, {}, (socket) => socket.on('end', () => socket.end()).resume());
  const daemon = await startDaemon(t, {
    config: clientSection('client', { connect: upstream.port, ...verified() }),
  });
  const port = await daemon.port('client');
  for (let round = 0; round < 5; round += 1) {
    const client = await dial(t, port);
    client.end();
    assert.equal((await collect(client)).length, 0);
  }
  await daemon.line(/LOG5\[4\]: Connection closed: 0 byte\(s\) sent to TLS, 0 byte\(s\) sent to socket/);
  await daemon.stop();
});
