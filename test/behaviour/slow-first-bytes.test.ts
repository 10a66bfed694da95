/**
 * Clients that hold back what their name would be learnt from: silent ones, ones that send a byte at a time, and RTMP clients that go
 * quiet once they were answered. One limit ends them all, and meanwhile others are served.
 */
// Tests: src/connection/name/first-bytes.ts
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { authority } from '../support/data/certificates.ts';
import { flightsOf } from '../support/data/first-flights.ts';
import { eventually } from '../support/eventually.ts';
import { dial, ending, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';

const EACH = 300;
const GOOD = 20;
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

test('slow clients in every phase are ended by TIMEOUTsetup, and cost the others nothing', async (t) => {
  const front = await listenTls(t, {}, (socket) => socket.end('welcome'));
  const daemon = await startDaemon(t, {
    config: clientSection('names', {
      connect: front.port,
      sni: 'auto',
      nameMissing: 'refuse',
      TIMEOUTsetup: 12,
      clientFirstPorts: '1-65535',
      verifyChain: true,
      CAfile: authority().certFile,
    }),
  });
  const port = await daemon.port('names');
  const [flight] = flightsOf('rtmp').filter(({ host }) => host !== undefined);
  assert.ok(flight !== undefined);

  const open = (): Promise<Socket[]> => Promise.all(Array.from({ length: EACH }, () => dial(t, port)));
  const [silent, dribbling, answered] = await Promise.all([open(), open(), open()]);
  const timer = setInterval(() => {
    for (const socket of dribbling) if (socket.writable) socket.write('A');
  }, 200);
  t.after(() => clearInterval(timer));
  for (const socket of dribbling) socket.write('GET /');
  for (const socket of answered) socket.write(flight.bytes.subarray(0, 1537));
  await Promise.all(answered.map((socket) => readExactly(socket, 3073)));
  for (const socket of answered) socket.write(flight.bytes.subarray(1537, 3080));

  for (let count = 0; count < GOOD; count++) {
    const client = await dial(t, port);
    client.write(REQUEST);
    assert.equal((await readExactly(client, 7)).toString(), 'welcome');
    client.end();
  }
  const ends = await Promise.all([...silent, ...dribbling, ...answered].map(ending));
  assert.deepEqual(new Set(ends), new Set(['ECONNRESET']));
  clearInterval(timer);
  await eventually(
    'each has its line',
    () => daemon.lines.filter((line) => line.includes('TIMEOUTsetup exceeded: closing')).length === 3 * EACH,
  );
  await daemon.stop();
});
