import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChunkMessage } from '../../../src/names/rtmp/chunk-reader.ts';
import { readConnect } from '../../../src/names/rtmp/connect-command.ts';
import { amfNumber, amfObject, amfString, connectPayload } from '../../support/data/rtmp-bytes.ts';

function asMessage(payload: Uint8Array, type = 20): ChunkMessage {
  return { chunkStreamId: 3, type, streamId: 0, timestamp: 0, payload, ranges: [], chunkSize: 128, end: 0 };
}

suite('the RTMP connect command', () => {
  test('gives the four addresses and where they stand, also in the AMF3 form', () => {
    const fields = { app: 'live', flashVer: 'x', swfUrl: 'http://a/', tcUrl: 'rtmp://a/live', pageUrl: 'http://b/' };
    for (const lead of [Buffer.alloc(0), Buffer.of(0)]) {
      const payload = Buffer.concat([lead, connectPayload(fields)]);
      const reading = readConnect(asMessage(payload, lead.length === 0 ? 20 : 17));
      assert.ok(reading.kind === 'connect');
      assert.deepEqual(Object.keys(reading.fields).sort(), ['app', 'pageUrl', 'swfUrl', 'tcUrl']);
      for (const field of Object.values(reading.fields)) assert.deepEqual(payload.subarray(field.start, field.end), amfString(field.text));
    }
  });

  test('knows other commands from broken ones', () => {
    assert.equal(readConnect(asMessage(connectPayload({}, 'play'))).kind, 'other-command');
    assert.equal(readConnect(asMessage(amfNumber(1))).kind, 'malformed');
    assert.equal(readConnect(asMessage(amfString('connect'))).kind, 'malformed');
    assert.equal(readConnect(asMessage(Buffer.concat([amfString('connect'), amfNumber(1), Buffer.of(5)]))).kind, 'malformed');
    const numeric = Buffer.concat([amfString('connect'), amfNumber(1), amfObject([['tcUrl', amfNumber(7)]])]);
    assert.deepEqual(readConnect(asMessage(numeric)), { kind: 'connect', fields: {} });
  });
});
