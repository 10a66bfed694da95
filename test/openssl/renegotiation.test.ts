/** Renegotiation (up to TLS 1.2): refused unless it is allowed, and then the stream goes on under the new keys. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsLeg } from '../../src/openssl/connection/tls-leg.ts';
import { OP } from '../../src/openssl/library/library.ts';
import type { Leg } from '../../src/sockets/leg.ts';
import { eventually } from '../support/eventually.ts';
import { acceptAll, acceptSockets, Inbox, serverContext } from '../support/net/legs.ts';
import { startOpensslClient } from '../support/peers/openssl.ts';

for (const allowed of [true, false]) {
  test(`a client asks for a new handshake where that is ${allowed ? '' : 'not '}allowed`, async (t) => {
    const options = allowed ? { options: { set: OP.ALLOW_CLIENT_RENEGOTIATION, clear: OP.NO_RENEGOTIATION } } : {};
    const context = serverContext(t, { maxVersion: 'TLSv1.2', ...options });
    let server: { readonly leg: Leg; readonly inbox: Inbox } | undefined;
    const port = acceptSockets(t, (socket) => {
      const leg = new TlsLeg(socket, { context, judge: acceptAll });
      t.after(() => leg.end('reset'));
      leg.handshake(() => {
        server = { leg, inbox: new Inbox(leg) };
      });
    });
    const client = startOpensslClient(`127.0.0.1:${port}`, ['-tls1_2']);
    client.write('before\n');
    const { leg, inbox } = await eventually('the handshake is finished', () => server);
    await inbox.sees('before');
    client.write('R\n');
    await client.saw(/RENEGOTIATING/);
    if (allowed) {
      await client.saw(/RENEGOTIATING[\s\S]*depth=0/);
      client.write('after\n'); // not sooner: the program drops what it reads together with its command
      await inbox.sees('after');
      leg.write(Buffer.from('and back\n'));
      await client.saw(/and back/);
    } else {
      // a warning that the client takes for a failure
      await client.finished;
      assert.ok(!inbox.text.includes('after'));
    }
    client.kill('SIGTERM');
    await client.finished;
  });
}
