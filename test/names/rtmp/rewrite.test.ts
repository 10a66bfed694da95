import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findMessage } from '../../../src/names/rtmp/chunk-reader.ts';
import { readConnect } from '../../../src/names/rtmp/connect-command.ts';
import type { RtmpTarget } from '../../../src/names/rtmp/rewrite.ts';
import { parseRtmpTarget, rewriteConnect } from '../../../src/names/rtmp/rewrite.ts';
import { flightsOf } from '../../support/data/first-flights.ts';
import { chunked, chunksOf, connectPayload, HANDSHAKE, message, setChunkSize } from '../../support/data/rtmp-bytes.ts';

const TARGET: RtmpTarget = { scheme: 'rtmp', authority: 'real.example', app: 'other' };

/** Reads connect, and the next command behind it, out of rewritten bytes. */
function read(bytes: Uint8Array): { fields: Record<string, string>; rest: Uint8Array; timestamp: number; streamId: number; id: number } {
  const chunks = bytes.subarray(HANDSHAKE.length);
  const reading = findMessage(chunks, new Set([20, 17]));
  assert.ok(reading.kind === 'found', JSON.stringify(reading));
  const command = readConnect(reading.message);
  assert.ok(command.kind === 'connect');
  const fields = Object.fromEntries(Object.entries(command.fields).map(([key, { text }]) => [key, text]));
  const { timestamp, streamId, chunkStreamId } = reading.message;
  return { fields, rest: chunks.subarray(reading.message.end), timestamp, streamId, id: chunkStreamId };
}

function rewrite(bytes: Uint8Array, target = TARGET): Uint8Array {
  const rewriting = rewriteConnect(bytes, target);
  assert.ok(rewriting.kind === 'rewritten', JSON.stringify(rewriting));
  return rewriting.bytes;
}

suite('rewriting tcUrl', () => {
  for (const flight of flightsOf('rtmp').filter(({ host }) => host !== undefined)) {
    test(`of ${flight.file}`, () => {
      const before = read(flight.bytes);
      const after = read(rewrite(flight.bytes));
      const tcUrl = 'rtmp://real.example/other';
      const swfUrl = before.fields['swfUrl'] === before.fields['tcUrl'] ? { swfUrl: tcUrl } : {}; // OBS
      assert.deepEqual(after.fields, { ...before.fields, ...swfUrl, app: 'other', tcUrl });
      assert.deepEqual(after.rest, before.rest);
      assert.equal(after.id, before.id);
    });
  }

  const local = 'rtmp://127.0.0.1:1936/live';
  const cases: [name: string, target: RtmpTarget, before: Record<string, string>, after: Record<string, string>][] = [
    ['app and tcUrl', TARGET, { app: 'live', tcUrl: local }, { app: 'other', tcUrl: 'rtmp://real.example/other' }],
    [
      'the app is kept where the target has none',
      { ...TARGET, app: undefined },
      { app: 'live', tcUrl: `${local}?k=v` },
      { app: 'live', tcUrl: 'rtmp://real.example/live?k=v' },
    ],
    [
      'the scheme is kept where the target has none',
      { ...TARGET, scheme: undefined },
      { tcUrl: 'rtmps://x/live' },
      { tcUrl: 'rtmps://real.example/other' },
    ],
    [
      'swfUrl and pageUrl that say the same',
      TARGET,
      { app: 'live', swfUrl: local, tcUrl: local, pageUrl: `${local}/page` },
      { app: 'other', swfUrl: 'rtmp://real.example/other', tcUrl: 'rtmp://real.example/other', pageUrl: 'rtmp://real.example/other/page' },
    ],
    [
      'swfUrl on the same host, pageUrl elsewhere',
      TARGET,
      { swfUrl: 'http://127.0.0.1:1936/a.swf', tcUrl: local, pageUrl: 'http://www.example.org/' },
      { swfUrl: 'http://real.example/a.swf', tcUrl: 'rtmp://real.example/other', pageUrl: 'http://www.example.org/' },
    ],
    [
      'a host with $& in it',
      { ...TARGET, authority: 'a$&b' },
      { swfUrl: 'http://127.0.0.1:1936/$&', tcUrl: local },
      { swfUrl: 'http://a$&b/$&', tcUrl: 'rtmp://a$&b/other' },
    ],
    ['a tcUrl that is no URL', TARGET, { tcUrl: 'live' }, { tcUrl: 'rtmp://real.example/other' }],
  ];
  for (const [name, target, before, after] of cases) {
    test(name, () => {
      const bytes = Buffer.concat([HANDSHAKE, chunked([message({ payload: connectPayload(before) })])]);
      assert.deepEqual(read(rewrite(bytes, target)).fields, after);
    });
  }

  test('cuts it again by the client’s own chunk size, whatever grew or shrank', () => {
    for (const size of [1, 7, 128, 4096, 70_000]) {
      for (const app of ['a', 'a'.repeat(500)]) {
        const rest = Buffer.from('behind');
        const connect = message({ payload: connectPayload({ app: 'live', tcUrl: local }), timestamp: 5, streamId: 1 });
        const bytes = Buffer.concat([HANDSHAKE, chunked([setChunkSize(size)]), chunked([connect], size), rest]);
        const after = read(rewrite(bytes, { ...TARGET, app }));
        assert.deepEqual(after.fields, { app, tcUrl: `rtmp://real.example/${app}` });
        assert.deepEqual(Buffer.from(after.rest), rest);
        assert.deepEqual([after.timestamp, after.streamId], [5, 1]);
      }
    }
  });

  test('keeps an extended timestamp and a large chunk stream id', () => {
    const connect = message({ payload: connectPayload({ tcUrl: local, app: 'x'.repeat(300) }), timestamp: 0x12345678, chunkStreamId: 700 });
    const after = read(rewrite(Buffer.concat([HANDSHAKE, chunked([connect])]), { ...TARGET, app: 'y'.repeat(300) }));
    assert.deepEqual([after.timestamp, after.id, after.fields['app']?.length], [0x12345678, 700, 300]);
  });

  test('keeps what was interleaved, in its order', () => {
    const payload = connectPayload({ app: 'live', tcUrl: local, swfUrl: 'x'.repeat(300) });
    const [first = Buffer.alloc(0)] = chunksOf(message({ payload }));
    const size = chunked([setChunkSize(64)]);
    const rest = chunksOf(message({ payload: payload.subarray(128), format: 3 }), 64);
    const rewritten = rewrite(Buffer.concat([HANDSHAKE, first, size, ...rest]));
    assert.deepEqual(Buffer.from(rewritten.subarray(HANDSHAKE.length, HANDSHAKE.length + size.length)), size);
    assert.equal(read(rewritten).fields['tcUrl'], 'rtmp://real.example/other');
  });

  test('changes nothing where there is nothing to change', () => {
    const why = (bytes: Buffer): string => {
      const rewriting = rewriteConnect(bytes, TARGET);
      return rewriting.kind === 'unchanged' ? rewriting.why : rewriting.kind;
    };
    const command = (payload: Buffer): Buffer => Buffer.concat([HANDSHAKE, chunked([message({ payload })])]);
    assert.equal(why(command(connectPayload({ app: 'live' }))), 'its connect command has no tcUrl');
    assert.equal(why(command(connectPayload({}, 'play'))), 'its first command is not connect');
    assert.equal(why(HANDSHAKE), 'its connect command cannot be read');
    assert.equal(why(Buffer.alloc(0)), 'its connect command cannot be read');
  });
});

suite('rtmpRewrite', () => {
  const cases: [url: string, target: RtmpTarget | undefined][] = [
    ['rtmp://real.example/app', { scheme: 'rtmp', authority: 'real.example', app: 'app' }],
    ['rtmps://real.example:443/app/instance/', { scheme: 'rtmps', authority: 'real.example:443', app: 'app/instance' }],
    ['RTMP://real.example', { scheme: 'rtmp', authority: 'real.example', app: undefined }],
    ['rtmp://[2001:db8::7]:1935/', { scheme: 'rtmp', authority: '[2001:db8::7]:1935', app: undefined }],
    ['http://real.example/app', undefined],
    ['real.example/app', undefined],
    ['rtmp:///app', undefined],
  ];
  for (const [url, target] of cases) test(url, () => assert.deepEqual(parseRtmpTarget(url), target));
});
