/** A leg that cannot have a reader is read by the stream's own events: all of it, at the pace of the other leg, and its end. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex, Readable } from 'node:stream';
import { test } from 'node:test';
import { startFlow } from '../../src/sockets/flow.ts';

const CHUNKS = 64;

test('a stream in the place of a socket', async () => {
  const sent = Array.from({ length: CHUNKS }, (_, at) => Buffer.alloc(10_000 + at, at));
  let offered = 0;
  let taken = 0;
  let mostWaiting = 0;
  const from = Readable.from(
    (function* () {
      for (const chunk of sent) {
        offered += chunk.length;
        yield chunk;
      }
    })(),
    { objectMode: false, highWaterMark: 16_384 },
  );
  const received: Buffer[] = [];
  const to = new Duplex({
    highWaterMark: 16_384,
    read: () => undefined,
    write: (bytes: Buffer, _encoding, written) => {
      mostWaiting = Math.max(mostWaiting, offered - taken);
      received.push(bytes);
      taken += bytes.length;
      setImmediate(written);
    },
  });
  let moved = 0;
  await new Promise<void>((delivered) => {
    startFlow({
      from: from as unknown as Socket,
      kind: 'plain',
      early: Buffer.from('early'),
      to: to as unknown as Socket,
      moved: (bytes) => {
        moved += bytes;
      },
      delivered,
      isWhole: () => true,
    });
  });
  const whole = Buffer.concat([Buffer.from('early'), ...sent]);
  assert.ok(Buffer.concat(received).equals(whole));
  assert.equal(moved, whole.length);
  assert.ok(mostWaiting < 100_000, `${mostWaiting} bytes waited at a time`);
});
