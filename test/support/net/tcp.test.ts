/** The helpers every transfer test leans on: if these lied, those tests could not fail. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { collect, dial, echoServer, ending, listen, pattern, readExactly, receiveHash, sendPattern } from './tcp.ts';

test('a pattern sent to the echo server comes back with the same hash', async (t) => {
  const server = await echoServer(t);
  const socket = await dial(t, server.port);
  const received = receiveHash(socket);
  const sent = await sendPattern(socket, 3_000_000, 7);
  socket.end();
  assert.deepEqual(await received, { bytes: 3_000_000, sha256: sent });
});

test('patterns of different seeds differ, and a hash notices one changed byte', () => {
  assert.ok(!pattern(1).equals(pattern(2)));
  const changed = Buffer.from(pattern(1));
  changed.writeUInt8((changed.readUInt8(5) + 1) & 0xff, 5);
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  assert.notEqual(sha256(changed), sha256(pattern(1)));
});

test('readExactly leaves the rest, then collect takes it', async (t) => {
  const server = await listen(t, (socket) => socket.end('hello world'));
  const socket = await dial(t, server.port);
  assert.equal(String(await readExactly(socket, 6)), 'hello ');
  assert.equal(String(await collect(socket)), 'world');
});

test('readExactly rejects when the stream is too short', async (t) => {
  const server = await listen(t, (socket) => socket.end('abc'));
  const socket = await dial(t, server.port);
  await assert.rejects(readExactly(socket, 6), /ended after 3 of 6 bytes/);
});

test('a reset is told from an end', async (t) => {
  const server = await listen(t);
  const first = await dial(t, server.port);
  (await server.next()).resetAndDestroy();
  assert.equal(await ending(first), 'ECONNRESET');
  const second = await dial(t, server.port);
  (await server.next()).end();
  assert.equal(await ending(second), 'closed');
});
