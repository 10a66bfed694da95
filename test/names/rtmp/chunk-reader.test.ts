import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChunkMessage } from '../../../src/names/rtmp/chunk-reader.ts';
import { findMessage } from '../../../src/names/rtmp/chunk-reader.ts';
import { chunked, chunksOf, connectPayload, message, setChunkSize } from '../../support/data/rtmp-bytes.ts';

const COMMAND = new Set([20]);
const PAYLOAD = connectPayload({ app: 'live', tcUrl: `rtmp://live.example.org/${'x'.repeat(300)}` });

function find(bytes: Buffer): ChunkMessage {
  for (let length = 0; length < bytes.length; length++) {
    const reading = findMessage(bytes.subarray(0, length), COMMAND);
    if (reading.kind === 'found') {
      assert.equal(reading.message.end, length, 'found before its end');
      return reading.message;
    }
    assert.equal(reading.kind, 'need-more', `prefix of ${length}`);
    assert.ok(reading.kind === 'need-more' && reading.atLeast > length);
  }
  const reading = findMessage(bytes, COMMAND);
  assert.ok(reading.kind === 'found', JSON.stringify(reading));
  return reading.message;
}

function why(bytes: Buffer): string {
  const reading = findMessage(bytes, COMMAND);
  return reading.kind === 'malformed' ? reading.why : reading.kind;
}

suite('RTMP chunks', () => {
  test('of the default size', () => {
    const found = find(chunked([message({ payload: PAYLOAD, timestamp: 7, streamId: 0x01020304 })]));
    assert.deepEqual(Buffer.from(found.payload), PAYLOAD);
    assert.deepEqual([found.timestamp, found.streamId, found.chunkSize, found.type], [7, 0x01020304, 128, 20]);
  });

  for (const id of [3, 63, 64, 319, 320, 65_599]) {
    test(`with the chunk stream id ${id}`, () => {
      const found = find(chunked([message({ payload: PAYLOAD, chunkStreamId: id })]));
      assert.equal(found.chunkStreamId, id);
      assert.deepEqual(Buffer.from(found.payload), PAYLOAD);
    });
  }

  test('of a size set before', () => {
    const bytes = Buffer.concat([chunked([setChunkSize(4096)]), chunked([message({ payload: PAYLOAD })], 4096)]);
    const found = find(bytes);
    assert.deepEqual(Buffer.from(found.payload), PAYLOAD);
    assert.equal(found.chunkSize, 4096);
    assert.equal(found.ranges.length, 1);
  });

  test('of a size set in the middle of the message', () => {
    const [first = Buffer.alloc(0)] = chunksOf(message({ payload: PAYLOAD }));
    const rest = chunksOf(message({ payload: PAYLOAD.subarray(128), format: 3 }), 1000);
    const found = find(Buffer.concat([first, chunked([setChunkSize(1000)]), ...rest]));
    assert.deepEqual(Buffer.from(found.payload), PAYLOAD);
    assert.equal(found.ranges.length, 2);
    assert.equal(found.ranges[1]?.start, first.length + chunked([setChunkSize(1000)]).length);
  });

  test('with 0x7fffffff as the size, which means as large as a message can be', () => {
    assert.equal(
      find(Buffer.concat([chunked([setChunkSize(0x7fffffff)]), chunked([message({ payload: PAYLOAD })], 4096)])).chunkSize,
      0xffffff,
    );
  });

  for (const repeated of [true, false]) {
    test(`with an extended timestamp ${repeated ? 'repeated' : 'left out'} in chunks without header`, () => {
      const found = find(Buffer.concat(chunksOf(message({ payload: PAYLOAD, timestamp: 0x1234567 }), 128, repeated)));
      assert.deepEqual(Buffer.from(found.payload), PAYLOAD);
      assert.equal(found.timestamp, 0x1234567);
    });
  }

  test('interleaved with those of another message', () => {
    const mine = chunksOf(message({ payload: PAYLOAD }));
    const others = chunksOf(message({ payload: Buffer.alloc(300), chunkStreamId: 4, type: 8 }));
    const found = find(Buffer.concat([mine[0]!, others[0]!, mine[1]!, others[1]!, ...mine.slice(2), others[2]!]));
    assert.deepEqual(Buffer.from(found.payload), PAYLOAD);
  });

  test('with header types 1, 2 and 3 for messages that follow', () => {
    const before = message({ payload: Buffer.alloc(20), type: 8, timestamp: 100, streamId: 9 });
    const bytes = Buffer.concat([
      chunked([before]),
      chunked([{ ...before, format: 2, timestamp: 5 }]),
      chunked([{ ...before, format: 3 }]),
      chunked([message({ payload: PAYLOAD, format: 1, timestamp: 10 })]),
    ]);
    const found = find(bytes);
    assert.deepEqual([found.timestamp, found.streamId], [100 + 5 + 5 + 10, 9]);
    assert.deepEqual(Buffer.from(found.payload), PAYLOAD);
  });

  test('of a message that is aborted and begun again', () => {
    const [first = Buffer.alloc(0)] = chunksOf(message({ payload: PAYLOAD }));
    const abort = chunked([message({ chunkStreamId: 2, type: 2, payload: Buffer.of(0, 0, 0, 3) })]);
    assert.deepEqual(Buffer.from(find(Buffer.concat([first, abort, chunked([message({ payload: PAYLOAD })])])).payload), PAYLOAD);
  });

  test('that cannot be are malformed', () => {
    assert.equal(why(Buffer.of(0xc3)), 'a chunk that continues nothing');
    assert.equal(why(Buffer.from('83000001', 'hex')), 'a chunk that continues nothing');
    assert.equal(why(chunked([setChunkSize(0)])), 'an impossible chunk size');
    assert.equal(why(chunked([setChunkSize(0x80000000)])), 'an impossible chunk size');
    assert.equal(why(chunked([message({ type: 1, payload: Buffer.of(1) })])), 'an impossible chunk size');
    assert.equal(why(Buffer.from('03000000ffffff14000000', 'hex').subarray(0, 12)), 'need-more');
    assert.equal(why(Buffer.from('03000000ffffff1400000000', 'hex')), 'a message too long to come before connect');
    const [first = Buffer.alloc(0)] = chunksOf(message({ payload: PAYLOAD }));
    assert.equal(why(Buffer.concat([first, first])), 'a message that was broken off');
  });

  test('that are too many are malformed', () => {
    const empty = chunked([message({ payload: Buffer.alloc(0), type: 8 })]);
    assert.equal(why(Buffer.concat([empty, Buffer.alloc(3000, 0xc3)])), 'too many chunks before connect');
  });

  test('of empty messages are stepped over', () => {
    const empty = message({ payload: Buffer.alloc(0), type: 8, chunkStreamId: 5 });
    assert.deepEqual(Buffer.from(find(chunked([empty, { ...empty, format: 3 }, message({ payload: PAYLOAD })])).payload), PAYLOAD);
  });
});
