/**
 * Servers that make work instead of sending data, in client mode, with a good connection beside them that is served all the time: whoever
 * goes on and on with messages that carry nothing is refused. Why: test/openssl/connection/floods.test.ts. hostile-clients.test.ts has the other side.
 */
// Tests: src/openssl/connection/connection.ts, src/openssl/connection/connection-input.ts
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { before, suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { dial, ending, listen, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { ALERT, MESSAGE, RECORD } from '../support/raw-tls/client.ts';
import { message, u16 } from '../support/raw-tls/hello.ts';
import type { Version } from '../support/raw-tls/keys.ts';
import { RawServer } from '../support/raw-tls/server.ts';
import { suiteEnd } from '../support/suite-end.ts';

interface Hostile {
  readonly version: Version;
  /** As many as go into a record are said at once. */
  readonly message?: Buffer;
  readonly record?: { readonly type: number; readonly body: Buffer };
  readonly renegotiation?: boolean;
}

const NOTHING = Buffer.alloc(0);
const HELLO_REQUEST = message(MESSAGE.helloRequest, NOTHING);
const TICKET = message(MESSAGE.newTicket, Buffer.concat([Buffer.from([0, 0, 14, 16, 1, 2, 3, 4, 0]), u16(Buffer.of(5)), u16(NOTHING)]));
const WARNING = { type: RECORD.alert, body: Buffer.of(ALERT.warning, ALERT.userCanceled) };
const EMPTY = { type: RECORD.data, body: NOTHING };

const KINDS: Readonly<Record<string, Hostile>> = {
  requests: { version: 'TLSv1.2', message: HELLO_REQUEST, renegotiation: true },
  refused: { version: 'TLSv1.2', message: HELLO_REQUEST, renegotiation: false },
  tickets: { version: 'TLSv1.3', message: TICKET },
  empty12: { version: 'TLSv1.2', record: EMPTY },
  empty13: { version: 'TLSv1.3', record: EMPTY },
  warnings12: { version: 'TLSv1.2', record: WARNING },
  warnings13: { version: 'TLSv1.3', record: WARNING },
};
const RECORD_BYTES = 16_000;
const AT_ONCE = 50;

/** A good handshake, and then the same for as long as somebody is there. */
async function attack(socket: Socket, { version, message: one, record }: Hostile): Promise<void> {
  const { certificate: pem, key } = certificate('server');
  const server = new RawServer(version, socket, { der: new X509Certificate(pem).raw, key: createPrivateKey(key) });
  await server.hello();
  await server.shake();
  const body = one === undefined ? NOTHING : Buffer.concat(Array.from({ length: Math.floor(RECORD_BYTES / one.length) }, () => one));
  const { type, body: content } = record ?? { type: RECORD.handshake, body };
  while (!socket.destroyed) {
    const pieces = Array.from({ length: AT_ONCE }, () => server.sealed(type, content));
    await new Promise((sent) => socket.write(Buffer.concat(pieces), sent));
  }
}

suite('hostile servers', () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let good: Socket;

  before(async () => {
    const echoing = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const sections = [clientSection('good', { connect: echoing.port })];
    for (const [name, hostile] of Object.entries(KINDS)) {
      const { port } = await listen(t, (socket) => void attack(socket, hostile).catch(() => undefined));
      const { renegotiation } = hostile;
      sections.push(
        clientSection(name, {
          connect: port,
          ...verified(),
          sni: 'localhost',
          curves: 'X25519:P-256',
          ...(renegotiation === undefined ? {} : { renegotiation }),
        }),
      );
    }
    daemon = await startDaemon(t, { config: sections.join('') });
    good = await dial(t, await daemon.port('good'));
  });

  for (const name of Object.keys(KINDS))
    test(`${name}: refused, beside a good one that is served`, async (context) => {
      const from = daemon.lines.length;
      const client = await dial(context, await daemon.port(name));
      const over = ending(client);
      let [ended, rounds] = [false, 0];
      void over.then(() => {
        ended = true;
      });
      while (!ended) {
        good.write('ping');
        assert.equal((await readExactly(good, 4)).toString(), 'ping');
        rounds += 1;
      }
      assert.equal(await over, 'ECONNRESET', 'nothing whole has come');
      await daemon.line('TLS connected', { from }); // it is not the handshake that has failed
      assert.ok(rounds > 0, `${rounds}`);
    });

  test('nothing is left open', async () => {
    good.destroy();
    await eventually('all of them are gone', () => daemon.holdsNothing().then(() => true));
    await daemon.stop();
  });
});
