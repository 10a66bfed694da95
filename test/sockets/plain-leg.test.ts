/** A plain leg: order, back-pressure with one partial write, half-close, resets, bytes given back, fairness. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import type { Receiver } from '../../src/sockets/push.ts';
import type { Socket } from '../../src/sockets/socket.ts';
import { eventually } from '../support/eventually.ts';
import { acceptSockets, dialSocket, Inbox, socketPair } from '../support/legs.ts';
import { dial, ending, listen } from '../support/tcp.ts';
import type { Ending } from '../support/temp.ts';

async function legs(t: Ending): Promise<readonly [PlainLeg, PlainLeg]> {
  const [accepted, dialled] = await socketPair(t);
  const pair = [new PlainLeg(accepted), new PlainLeg(dialled)] as const;
  t.after(() => {
    for (const leg of pair) leg.end('reset');
  });
  return pair;
}

const MEGABYTE = 1024 * 1024;

test('bytes and an end that are announced together: both are delivered', async (t) => {
  for (let round = 0; round < 20; round += 1) {
    const [one, other] = await legs(t);
    other.write(Buffer.from('short'));
    other.finish();
    const inbox = new Inbox(one);
    assert.equal(await inbox.over(), 'whole');
    assert.equal(inbox.text, 'short');
  }
});

test('half-close: one direction ends, the other goes on', async (t) => {
  const [one, other] = await legs(t);
  const [atOne, atOther] = [new Inbox(one), new Inbox(other)];
  one.finish();
  assert.equal(await atOther.over(), 'whole');
  other.write(Buffer.from('still here'));
  await atOne.sees('still here');
  assert.equal(atOne.end, undefined);
});

test('what the kernel does not take is kept, once, and goes out in order; onSent says when', async (t) => {
  const [one, other] = await legs(t);
  const block = Buffer.alloc(MEGABYTE);
  for (let index = 0; index < MEGABYTE; index += 4) block.writeUInt32BE(index, index);
  let written = 0;
  while (one.write(block)) written += 1;
  written += 1;
  assert.ok(one.unsent > 0 && one.unsent <= MEGABYTE, 'at most the one partial write');
  let sent = 0;
  one.onSent = () => {
    sent += 1;
  };
  const inbox = new Inbox(other);
  await eventually('all of it arrives', () => inbox.bytes.length === written * MEGABYTE, { every: 5 });
  for (let part = 0; part < written; part += 1) assert.ok(inbox.bytes.subarray(part * MEGABYTE, (part + 1) * MEGABYTE).equals(block));
  assert.equal(one.unsent, 0);
  assert.equal(sent, 1);
});

test('a leg that is paused leaves what arrives in the kernel, and finds it again', async (t) => {
  const [one, other] = await legs(t);
  let bytes = 0;
  one.read({
    received: (part) => {
      bytes += part.length;
      one.pause();
    },
    ended: () => undefined,
  });
  const block = Buffer.alloc(MEGABYTE);
  while (other.write(block));
  await eventually('it has read once', () => bytes > 0);
  assert.ok(bytes <= 65_536);
  one.resume();
  assert.ok(bytes <= 2 * 65_536, 'paused again from within received');
});

test('bytes given back come first, also behind the end', async (t) => {
  const [one, other] = await legs(t);
  other.write(Buffer.from('second'));
  other.finish();
  const inbox = new Inbox(one);
  assert.equal(await inbox.over(), 'whole');
  one.pause();
  one.giveBack(Buffer.from('second'));
  one.giveBack(Buffer.from('first, '));
  const again = new Inbox(one);
  assert.equal(await again.over(), 'whole');
  assert.equal(again.text, 'first, second');
});

test('a receiver may use another leg: its bytes stay its own until it returns', async (t) => {
  const [one, other] = await legs(t);
  const [third, fourth] = await legs(t);
  fourth.write(Buffer.alloc(1000, 'x'));
  await eventually('the bytes are there', () => (third as unknown as { readonly socket: Socket }).socket.unread);
  const seen: string[] = [];
  const nested: Receiver = { received: (bytes) => void seen.push(Buffer.from(bytes).toString()), ended: () => undefined };
  one.read({
    received: (bytes) => {
      third.read(nested);
      seen.push(Buffer.from(bytes).toString());
    },
    ended: () => undefined,
  });
  other.write(Buffer.from('mine'));
  await eventually('both have been read', () => seen.length === 2);
  assert.deepEqual(seen, ['mine', 'x'.repeat(1000)]);
});

test('reset and close reach a peer of another make as what they are', async (t) => {
  for (const how of ['close', 'reset'] as const) {
    const server = await listen(t);
    const leg = new PlainLeg(await dialSocket(server.port));
    const peer = await server.next();
    const seen = ending(peer);
    leg.end(how);
    assert.equal(await seen, how === 'close' ? 'closed' : 'ECONNRESET');
  }
});

test('a reset of the peer is a failure, told once; writing to it is no exception', async (t) => {
  let accepted: Socket | undefined;
  const port = acceptSockets(t, (socket) => {
    accepted = socket;
  });
  const peer = await dial(t, port);
  const leg = new PlainLeg(await eventually('it is accepted', () => accepted));
  const inbox = new Inbox(leg);
  peer.resetAndDestroy();
  assert.match(await inbox.over(), /read: Connection reset by peer \(104\)/);
  assert.ok(leg.ended);
  assert.equal(leg.write(Buffer.from('too late')), false);
});

test('one that reads without end leaves the others their turn', async (t) => {
  const [bulkIn, bulkOut] = await legs(t);
  const [ping, pong] = await legs(t);
  const block = Buffer.alloc(MEGABYTE);
  const refill = (): void => {
    while (bulkIn.unsent === 0) bulkIn.write(block);
  };
  let bulk = 0;
  let turns = 0;
  bulkOut.read({
    received: (bytes) => {
      bulk += bytes.length;
      refill(); // always more to read
    },
    ended: () => undefined,
  });
  bulkIn.onSent = refill;
  pong.read({ received: (bytes) => void pong.write(bytes), ended: () => undefined });
  ping.read({
    received: (bytes) => {
      turns += 1;
      ping.write(bytes);
    },
    ended: () => undefined,
  });
  refill();
  ping.write(Buffer.from('.'));
  await eventually('the game goes on beside the transfer', () => turns > 200 && bulk > 10 * MEGABYTE);
  assert.ok(bulk / turns < 8 * MEGABYTE, `${bulk} bytes in ${turns} turns`);
});
