/** A plain leg: order, one partial write kept, half-close, resets, reading only while somebody listens, bytes given back. */
// Tests: src/sockets/descriptor-leg.ts, src/sockets/poller.ts, src/sockets/scratch.ts, src/sockets/sending-leg.ts
// Tests: src/sockets/socket.ts, src/sockets/system-calls.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import type { Socket } from '../../src/sockets/socket.ts';
import { eventually } from '../support/eventually.ts';
import { acceptSockets, dialSocket, Inbox, plainPair } from '../support/net/legs.ts';
import { dial, ending, listen } from '../support/net/tcp.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const MEGABYTE = 1024 * 1024;

test('bytes and an end that are announced together: both are delivered', async (t) => {
  for (let round = 0; round < 20; round += 1) {
    const [one, other] = await plainPair(t);
    other.finish(Buffer.from('short'));
    const inbox = new Inbox(one);
    assert.equal(await inbox.over(), 'whole');
    assert.equal(inbox.text, 'short');
  }
});

test('half-close: one direction ends, the other goes on', async (t) => {
  const [one, other] = await plainPair(t);
  const [atOne, atOther] = [new Inbox(one), new Inbox(other)];
  one.finish();
  assert.equal(await atOther.over(), 'whole');
  other.write(Buffer.from('still here'));
  await atOne.sees('still here');
  assert.equal(atOne.end, undefined);
});

test('what the kernel does not take is kept and goes out in order, the end behind it; every writer is told', async (t) => {
  const [one, other] = await plainPair(t);
  const block = Buffer.alloc(MEGABYTE);
  for (let index = 0; index < MEGABYTE; index += 4) block.writeUInt32BE(index, index);
  let written = 0;
  let told = 0;
  while (told === written) {
    written += 1;
    one.write(block, (error) => {
      assert.equal(error, undefined);
      told += 1;
    });
    await Promise.resolve();
  }
  one.finish(Buffer.from('the last'));
  await nextTurn();
  assert.equal(told, written - 1, 'nobody is told before the kernel has it');
  const inbox = new Inbox(other);
  assert.equal(await inbox.over(), 'whole');
  assert.equal(told, written);
  assert.equal(inbox.bytes.length, written * MEGABYTE + 'the last'.length);
  for (let part = 0; part < written; part += 1) assert.ok(inbox.bytes.subarray(part * MEGABYTE, (part + 1) * MEGABYTE).equals(block));
});

test('a writer whose bytes do not leave is told why', async (t) => {
  const [one] = await plainPair(t);
  const failures: unknown[] = [];
  for (let count = 0; count < 16; count += 1) one.write(Buffer.alloc(MEGABYTE), (error) => void failures.push(error?.message));
  one.end('reset');
  one.write(Buffer.from('too late'), (error) => void failures.push(error?.message));
  await nextTurn();
  assert.equal(failures.length, 17);
  assert.equal(failures.at(-1), 'write: Broken pipe (32)');
  assert.equal(failures.at(-2), 'write: Broken pipe (32)');
});

test('a leg nobody listens to leaves what arrives in the kernel', async (t) => {
  const [one, other] = await plainPair(t);
  let taken = 0;
  const sent = { all: false };
  other.write(Buffer.alloc(16 * MEGABYTE), () => {
    sent.all = true;
  });
  const inbox = new Inbox(one);
  await eventually('it reads', () => inbox.bytes.length > 0, { every: 1 });
  inbox.stop();
  taken = inbox.bytes.length;
  await nextTurn();
  await nextTurn();
  assert.equal(inbox.bytes.length, taken);
  assert.equal(sent.all, false);
  assert.ok(one.arrived <= 65_536, 'asking reads once at most');
});

test('at most so many bytes are taken, and the rest is there without a new announcement', async (t) => {
  const [one, other] = await plainPair(t);
  other.write(Buffer.from('one two three'));
  await eventually('they arrive', () => one.arrived === 13);
  assert.equal(one.take(0), undefined);
  assert.equal(one.take(4)?.toString(), 'one ');
  await new Promise<void>((resolve) => {
    const stop = one.listen(() => {
      stop();
      resolve();
    });
  });
  assert.equal(one.take(100)?.toString(), 'two three');
  assert.equal(one.take(100), undefined);
  assert.equal(one.ended, false);
});

test('a listener that takes one piece at a time gets all of them', async (t) => {
  const [one, other] = await plainPair(t);
  let taken = 0;
  one.listen(() => {
    taken += one.take(65_536)?.length ?? 0;
  });
  other.write(Buffer.alloc(4 * MEGABYTE));
  other.finish();
  await eventually('all of it was taken', () => taken === 4 * MEGABYTE && one.ended, { every: 2 });
});

test('bytes given back come first, also behind the end', async (t) => {
  const [one, other] = await plainPair(t);
  other.finish(Buffer.from('second'));
  const inbox = new Inbox(one);
  assert.equal(await inbox.over(), 'whole');
  inbox.stop();
  one.giveBack(Buffer.from('second'));
  one.giveBack(Buffer.from('first, '));
  assert.equal(one.ended, false);
  const again = new Inbox(one);
  assert.equal(await again.over(), 'whole');
  assert.equal(again.text, 'first, second');
});

test('reset and close reach a peer of another make as what they are', async (t) => {
  for (const how of ['close', 'reset'] as const) {
    const server = await listen(t);
    const leg = new PlainLeg(await dialSocket(server.port));
    const peer = await server.next();
    const seen = ending(peer);
    let gone = 0;
    leg.onGone(() => {
      gone += 1;
    });
    leg.end(how);
    leg.end(how);
    assert.equal(leg.gone, true);
    assert.equal(leg.descriptor, -1);
    assert.equal(gone, 1);
    assert.equal(await seen, how === 'close' ? 'closed' : 'ECONNRESET');
  }
});

test('one that has said its last can still be reset', async (t) => {
  const [one, other] = await plainPair(t);
  one.finish();
  const inbox = new Inbox(other);
  assert.equal(await inbox.over(), 'whole');
  one.end('reset');
  const failure = await new Promise((resolve) => other.write(Buffer.from('?'), resolve));
  assert.match(String(failure), /Broken pipe/, 'after a FIN alone the first write would have been taken');
});

test('a reset of the peer is a failure, told once, to everybody who asked; writing to it is no exception', async (t) => {
  let accepted: Socket | undefined;
  const port = acceptSockets(t, (socket) => {
    accepted = socket;
  });
  const peer = await dial(t, port);
  const leg = new PlainLeg(await eventually('it is accepted', () => accepted));
  const told: string[] = [];
  leg.onFailed((cause) => void told.push(cause.message));
  const inbox = new Inbox(leg);
  peer.resetAndDestroy();
  assert.match(await inbox.over(), /read: Connection reset by peer \(104\)/);
  assert.ok(leg.gone && leg.ended);
  assert.deepEqual(told, ['read: Connection reset by peer (104)']);
  leg.write(Buffer.from('too late'));
});

test('a socket that was handed over goes on under another leg, with what was read and not taken', async (t) => {
  const [one, other] = await plainPair(t);
  let gone = false;
  one.onGone(() => {
    gone = true;
  });
  other.write(Buffer.from('a line and more'));
  await eventually('it arrives', () => one.arrived > 0);
  one.take(7);
  const { socket, unread, unsent } = one.handOver();
  assert.equal(Buffer.from(unread ?? []).toString(), 'and more');
  assert.equal(unsent, undefined);
  one.end('reset');
  const next = new PlainLeg(socket);
  const inbox = new Inbox(next);
  other.write(Buffer.from('!'));
  await inbox.sees('!');
  assert.equal(gone, false);
  next.end('close');
  assert.equal(gone, true, 'who waits for the end of the connection is told by whichever leg ends it');
});
