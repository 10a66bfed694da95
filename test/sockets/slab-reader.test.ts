/** A socket's bytes arrive whole and in order, reading stops while too much is unacknowledged, and a quiet connection owns no slab. */
// Tests: src/sockets/slabs.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type net from 'node:net';
import { test } from 'node:test';
import { SlabReader } from '../../src/sockets/slab-reader.ts';
import type { Slab } from '../../src/sockets/slabs.ts';
import { landing, SlabPool } from '../../src/sockets/slabs.ts';
import { eventually } from '../support/eventually.ts';
import { dial, listen } from '../support/net/tcp.ts';

const SLAB_BYTES = 128 * 1024;
/** As small as a slab may be: the landing buffer fills it. */
const SMALLEST = landing.length;

/** Plays Node's side of `onread`: fills the buffer the reader gave last and calls back. */
class Feeder {
  readonly target = new Target();
  readonly socket: FakeSocket;
  readonly reader: SlabReader;
  #buffer: Uint8Array;

  constructor(kind: 'plain' | 'tls' = 'plain', slabBytes = SLAB_BYTES) {
    this.socket = fakeSocket();
    this.reader = new SlabReader(this.socket, kind, this.target, new SlabPool(slabBytes));
    this.#buffer = this.reader.onread.buffer();
  }

  /**
   * @param stopped called when the reader wants no more; a plain socket obeys at once, a TLS socket goes on with what it has decrypted
   * @returns what the reader said last: go on reading?
   */
  feed(bytes: Buffer, stopped: () => void = () => undefined): boolean {
    let more = true;
    for (let at = 0; at < bytes.length; ) {
      assert.ok(this.#buffer.length > 0, 'a read into an empty buffer ends the process');
      const size = Math.min(bytes.length - at, this.#buffer.length);
      bytes.copy(this.#buffer, 0, at, at + size);
      more = this.reader.onread.callback(size, this.#buffer);
      this.#buffer = this.reader.onread.buffer();
      if (!more) stopped();
      at += size;
    }
    return more;
  }
}

/** Keeps copies at once, as a kernel would, and acknowledges when told. */
class Target {
  received = Buffer.alloc(0);
  writes = 0;
  readonly #acknowledgements: (() => void)[] = [];
  readonly #held: Buffer[] = [];

  write(bytes: Buffer, written: () => void): void {
    this.writes += 1;
    this.#held.push(bytes);
    this.#acknowledgements.push(written);
  }

  get waiting(): number {
    return this.#held.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  acknowledge(): void {
    this.received = Buffer.concat([this.received, ...this.#held.splice(0)]);
    for (const written of this.#acknowledgements.splice(0)) written();
  }
}

type FakeSocket = net.Socket & { resumed: number };

function fakeSocket(): FakeSocket {
  const socket = Object.create(null) as FakeSocket;
  const resume = { value: () => (socket.resumed += 1) };
  return Object.defineProperties(socket, { resumed: { value: 0, writable: true }, resume });
}

function pattern(size: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + seed) & 0xff));
}

test('a short read is written at once, bulk of a TLS socket once a turn', async () => {
  const feeder = new Feeder('tls');
  const { target } = feeder;
  feeder.feed(Buffer.from('hi'));
  assert.equal(target.writes, 1);
  for (let record = 0; record < 4; record += 1) feeder.feed(pattern(16_384, record));
  assert.equal(target.writes, 1);
  await new Promise(setImmediate);
  assert.equal(target.writes, 2);
  target.acknowledge();
  assert.equal(target.received.length, 2 + 4 * 16_384);
});

test('bulk of a plain socket is written at once where the kernel has no more', () => {
  const feeder = new Feeder();
  const { target } = feeder;
  feeder.feed(pattern(20_000, 1));
  assert.equal(target.writes, 1);
  feeder.feed(pattern(20_000, 2));
  assert.equal(target.writes, 2);
  target.acknowledge();
  assert.ok(target.received.equals(Buffer.concat([pattern(20_000, 1), pattern(20_000, 2)])));
});

for (const [kind, slabBytes] of [
  ['plain', SMALLEST],
  ['plain', SLAB_BYTES],
  ['tls', SMALLEST],
  ['tls', SLAB_BYTES],
] as const) {
  test(`any mix of sizes arrives whole and in order from a ${kind} socket, also while slabs of ${slabBytes} bytes change`, async () => {
    const feeder = new Feeder(kind, slabBytes);
    const { target } = feeder;
    const stopped = kind === 'plain' ? () => target.acknowledge() : undefined;
    const sent: Buffer[] = [];
    const sizes = [1, 16_384, 16_384, 3, 8_192, 65_536, 65_536, 65_536, 16_384, 100, 20_000, SLAB_BYTES, 5];
    for (let round = 0; round < 8; round += 1) {
      for (const [index, size] of sizes.entries()) {
        const bytes = pattern(size, round * 31 + index);
        sent.push(bytes);
        feeder.feed(bytes, stopped);
        if ((round + index) % 3 === 0) target.acknowledge();
      }
      if (round % 2 === 0) await new Promise(setImmediate);
    }
    feeder.reader.flush();
    target.acknowledge();
    assert.ok(target.received.equals(Buffer.concat(sent)));
  });
}

test('an unacknowledged slab stops reading, its acknowledgement resumes it', async () => {
  const feeder = new Feeder();
  const { target, socket } = feeder;
  let more = true;
  let fed = 0;
  while (more && fed < 64) {
    more = feeder.feed(pattern(16_384, fed));
    fed += 1;
    if (fed % 4 === 0) await new Promise(setImmediate);
  }
  assert.equal(more, false);
  assert.ok(fed * 16_384 <= 3 * SLAB_BYTES, `${fed} records were taken`);
  assert.equal(socket.resumed, 0);
  target.acknowledge();
  assert.equal(socket.resumed, 1);
});

test('a sink that hands everything to the kernel at once never stops the reading', () => {
  const feeder = new Feeder();
  Object.defineProperty(feeder.target, 'waiting', { value: 0 });
  for (let fed = 0; fed < 64; fed += 1) assert.equal(feeder.feed(pattern(16_384, fed)), true);
});

test('a plain socket that was stopped goes on in the same slab, and only when all of it has left', () => {
  const feeder = new Feeder();
  const { target, socket } = feeder;
  assert.equal(feeder.feed(pattern(SLAB_BYTES, 1)), false);
  assert.equal(target.waiting, SLAB_BYTES);
  assert.equal(socket.resumed, 0);
  target.acknowledge();
  assert.equal(socket.resumed, 1);
  feeder.feed(pattern(SLAB_BYTES, 2));
  target.acknowledge();
  assert.ok(target.received.equals(Buffer.concat([pattern(SLAB_BYTES, 1), pattern(SLAB_BYTES, 2)])));
});

/** A pool that knows how many of its slabs are out. */
class CountingPool extends SlabPool {
  out = 0;

  override lease(): Slab {
    this.out += 1;
    return super.lease();
  }

  override giveBack(slab: Slab): void {
    this.out -= 1;
    super.giveBack(slab);
  }
}

test('a connection that has become quiet owns no slab, and reads on when it speaks again', async (t) => {
  const server = await listen(t);
  const client = await dial(t, server.port);
  const accepted = await server.next();
  const pool = new CountingPool(SLAB_BYTES);
  const received: Buffer[] = [];
  const size = (): number => received.reduce((sum, bytes) => sum + bytes.length, 0);
  const keep = (bytes: Buffer, written: () => void): void => {
    received.push(Buffer.from(bytes));
    written();
  };
  client.write('early');
  await once(accepted, 'readable');
  assert.equal(new SlabReader(accepted, 'plain', { write: keep, waiting: 0 }, pool).start(), true);
  const sent: Buffer[] = [Buffer.from('early')];
  for (let burst = 0; burst < 2; burst += 1) {
    const bytes = pattern(3 * SLAB_BYTES + 9_000, burst);
    sent.push(bytes);
    client.write(bytes);
    await eventually('the burst has arrived', () => size() === sent.reduce((sum, each) => sum + each.length, 0));
    await eventually('every slab is back', () => pool.out === 0);
  }
  assert.ok(Buffer.concat(received).equals(Buffer.concat(sent)));
});
