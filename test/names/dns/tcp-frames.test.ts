import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frame, TcpFrames } from '../../../src/names/dns/tcp-frames.ts';

test('DNS messages over TCP come out whole, wherever the stream is cut', () => {
  const messages = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(65_535, 1)];
  const stream = Buffer.concat(messages.map(frame));
  for (const cut of [0, 1, 2, 3, 5, 6, 7, 8, 9, 40_000, stream.length]) {
    const frames = new TcpFrames();
    const found = [...frames.push(stream.subarray(0, cut)), ...frames.push(stream.subarray(cut))];
    assert.deepEqual(
      found.map(({ length }) => length),
      [3, 0, 65_535],
      `cut at ${cut}`,
    );
    assert.deepEqual(found[0], messages[0]);
  }
});
