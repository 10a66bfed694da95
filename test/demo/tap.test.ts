/** A tap changes nothing and sees everything that goes from the client to the server. */
// Tests: src/demo/meter.ts
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Meter } from '../../src/demo/meter.ts';
import { Tap } from '../../src/demo/tap.ts';
import { closedPort, collect, dial, listen } from '../support/net/tcp.ts';

test('passes both directions and half-closes, and meters the way to the server', async (t) => {
  const server = await listen(t);
  const tap = await Tap.open(() => server.port, new Meter(true));
  t.after(() => tap.close());
  const client = await dial(t, tap.port);
  const accepted = await server.next();
  const sent = Buffer.alloc(20_000, 'overcoat ');
  client.end(sent);
  assert.deepEqual(await collect(accepted), sent);
  accepted.end('an answer');
  assert.equal((await collect(client)).toString(), 'an answer');
  await tap.settled();
  assert.equal(tap.meter.bytes, sent.length);
  assert.equal(tap.meter.digest(), createHash('sha256').update(sent).digest('hex'));
  assert.deepEqual(tap.meter.beginning, sent.subarray(0, 8192));
});

test('waits for a server that is still starting', async (t) => {
  const port = await closedPort();
  const tap = await Tap.open(() => port, new Meter(false));
  t.after(() => tap.close());
  const client = await dial(t, tap.port);
  client.end('early');
  const { createServer } = await import('node:net');
  const heard = new Promise<string>((resolve) => {
    const server = createServer((socket) => socket.on('data', (bytes) => resolve(bytes.toString())));
    t.after(() => {
      server.close();
    });
    server.listen(port, '127.0.0.1');
  });
  assert.equal(await heard, 'early');
});
