/**
 * Much data and many connections, through a client-mode and a server-mode daemon one behind the other: every byte arrives, in order
 * and in both directions at once, and nothing is left open afterwards.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TcpServer } from '../support/net/tcp.ts';
import { collect, dial, echo, listen, pattern, readExactly, receiveHash, sendPattern } from '../support/net/tcp.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { suiteEnd } from '../support/suite-end.ts';

/** Bytes each way. The release tests send more than 32 bits can count. */
const VOLUME = Number(process.env['OVERCOAT_TEST_VOLUME'] ?? 256 * 2 ** 20);
const CONNECTIONS = 500;
const BYTES_EACH = 200_000;

let backend: TcpServer;
let unwrapping: Daemon;
let wrapping: Daemon;
let port: number;

const t = suiteEnd();
before(async () => {
  backend = await listen(t);
  unwrapping = await startDaemon(t, { config: serverSection('unwrap', { connect: backend.port }) });
  const target = await unwrapping.port('unwrap');
  wrapping = await startDaemon(t, { config: clientSection('wrap', { connect: target, ...verified() }) });
  port = await wrapping.port('wrap');
});

test(`${VOLUME} bytes each way at the same time arrive unchanged`, async (t) => {
  const client = await dial(t, port);
  const server = await backend.next();
  const [up, down] = [sendPattern(client, VOLUME, 1), sendPattern(server, VOLUME, 2)];
  void up.then(() => client.end());
  void down.then(() => server.end());
  const [atServer, atClient] = await Promise.all([receiveHash(server), receiveHash(client)]);
  assert.deepEqual(atServer, { bytes: VOLUME, sha256: await up });
  assert.deepEqual(atClient, { bytes: VOLUME, sha256: await down });
});

test('five hundred connections at once each get back what they sent', async (t) => {
  backend.server.on('connection', echo);
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => dial(t, port)));
  await Promise.all(
    clients.map(async (client) => {
      client.write('?');
      await readExactly(client, 1);
    }),
  );
  assert.equal(backend.accepted.filter((socket) => !socket.destroyed).length, CONNECTIONS); // all are open at the same time
  await Promise.all(
    clients.map(async (client, index) => {
      const expected = Buffer.concat([pattern(index), pattern(index), pattern(index), pattern(index)]).subarray(0, BYTES_EACH);
      client.end(expected);
      assert.ok((await collect(client)).equals(expected), `connection ${index}`);
    }),
  );
});

test('nothing is left open', async () => {
  await wrapping.stop();
  await unwrapping.stop();
});
