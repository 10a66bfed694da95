/** What is read of a client's first bytes: recognisers, the sniffer above them, the decoders beneath. */
import assert from 'node:assert/strict';
import { recogniseTls } from '../../../src/connection/name/tls-recogniser.ts';
import { recogniseHttp1 } from '../../../src/names/http1.ts';
import { decodeHeaderBlock } from '../../../src/names/http2/hpack.ts';
import { recogniseHttp2 } from '../../../src/names/http2/recognise.ts';
import { RECOGNISERS } from '../../../src/names/recognisers.ts';
import type { FirstProtocol, Recogniser } from '../../../src/names/recognition.ts';
import { decodeAmf0 } from '../../../src/names/rtmp/amf0.ts';
import { findMessage } from '../../../src/names/rtmp/chunk-reader.ts';
import { answerHandshake, CLIENT_OPENING_BYTES } from '../../../src/names/rtmp/handshake.ts';
import { recogniseRtmp } from '../../../src/names/rtmp/recognise.ts';
import { rewriteConnect } from '../../../src/names/rtmp/rewrite.ts';
import { recogniseRtsp } from '../../../src/names/rtsp.ts';
import { Sniffer } from '../../../src/names/sniffer.ts';
import { recogniseSocks } from '../../../src/names/socks.ts';
import { recogniseXmpp } from '../../../src/names/xmpp.ts';
import { firstFlights, flightsOf } from '../../support/data/first-flights.ts';
import { HANDSHAKE } from '../../support/data/rtmp-bytes.ts';
import type { Subject } from '../../support/fuzz.ts';
import { randomOf } from '../../support/fuzz.ts';

/** From where a recording is worth breaking, by recogniser. */
const RECOGNISED: readonly (readonly [name: string, Recogniser, from: number, ...FirstProtocol[]])[] = [
  ['rtmp', recogniseRtmp, HANDSHAKE.length, 'rtmp'],
  ['http1', recogniseHttp1, 0, 'http/1', 'connect'],
  ['http2', recogniseHttp2, 24, 'http/2'],
  ['rtsp', recogniseRtsp, 0, 'rtsp'],
  ['xmpp', recogniseXmpp, 0, 'xmpp'],
  ['socks', recogniseSocks, 1, 'socks'],
  ['tls', recogniseTls, 5, 'tls'],
];

export function checkRecognition(recognise: Recogniser, bytes: Buffer): void {
  const before = Buffer.from(bytes);
  const recognition = recognise(bytes);
  assert.ok(bytes.equals(before), 'the bytes were changed');
  if (recognition.kind === 'need-more') assert.ok(recognition.atLeast > bytes.length, `atLeast ${recognition.atLeast}`);
  if (recognition.kind === 'no-name') assert.ok(recognition.why.length > 0);
  if (recognition.kind !== 'name') return;
  const { host } = recognition;
  const text = host.kind === 'dns' ? host.name : host.address;
  for (const char of text) assert.ok('abcdefghijklmnopqrstuvwxyz0123456789-_.:'.includes(char), JSON.stringify(text));
  assert.ok(text.length > 0 && text.length <= 253);
}

export const RECOGNISER_SUBJECTS: readonly (Subject & { readonly recognise: Recogniser })[] = RECOGNISED.map(
  ([name, recognise, from, ...protocols]) => ({
    name: `recognise-${name}`,
    seeds: () => flightsOf(...protocols).map(({ bytes }) => bytes),
    from,
    recognise,
    run: (bytes) => checkRecognition(recognise, bytes),
  }),
);

const rtmp = (): Buffer[] =>
  flightsOf('rtmp')
    .filter(({ host }) => host !== undefined)
    .map(({ bytes }) => bytes);

export const NAME_SUBJECTS: readonly Subject[] = [
  ...RECOGNISER_SUBJECTS,
  {
    name: 'sniffer',
    seeds: () => firstFlights().map(({ bytes }) => bytes),
    run: (bytes) => {
      const random = randomOf(bytes);
      const sniffer = new Sniffer([...RECOGNISERS, recogniseTls]);
      let offset = 0;
      let answers = 0;
      while (offset < bytes.length) {
        const end = offset + 1 + random.below(random.pick([3, 200, 4000]));
        const step = sniffer.push(bytes.subarray(offset, end));
        offset = Math.min(end, bytes.length);
        if (step.kind === 'answer') answers += 1;
        if (step.kind === 'decided') break;
      }
      assert.ok(answers <= 1);
      const { sniffed } = sniffer.stop('the end');
      assert.ok(Buffer.from(sniffed.bytes).equals(bytes.subarray(0, offset)));
    },
  },
  {
    name: 'rtmp-rewrite',
    seeds: rtmp,
    from: HANDSHAKE.length,
    run: (bytes) => {
      const rewriting = rewriteConnect(bytes, { scheme: 'rtmp', authority: 'real.example', app: 'app' });
      if (rewriting.kind === 'unchanged') return;
      const recognition = recogniseRtmp(Buffer.concat([HANDSHAKE, rewriting.bytes.subarray(HANDSHAKE.length)]));
      assert.ok(recognition.kind === 'name', JSON.stringify(recognition));
      assert.deepEqual(recognition.host, { kind: 'dns', name: 'real.example' });
    },
  },
  {
    name: 'rtmp-chunks',
    seeds: () => rtmp().map((bytes) => bytes.subarray(HANDSHAKE.length)),
    run: (bytes) => {
      const found = findMessage(bytes, new Set([17, 20]));
      const longer = findMessage(Buffer.concat([bytes, Buffer.from('tail')]), new Set([17, 20]));
      if (found.kind !== 'need-more') assert.equal(longer.kind, found.kind, 'more bytes take no answer back');
    },
  },
  {
    name: 'rtmp-handshake',
    seeds: () => rtmp().map((bytes) => bytes.subarray(0, CLIENT_OPENING_BYTES)),
    run: (bytes) => {
      const opening = Buffer.alloc(CLIENT_OPENING_BYTES);
      bytes.copy(opening);
      const answer = answerHandshake(opening).bytes;
      assert.deepEqual(answerHandshake(opening).bytes, answer);
    },
    costs: 5,
  },
  {
    name: 'amf0',
    seeds: () => rtmp().map((bytes) => bytes.subarray(HANDSHAKE.length + 12)),
    run: (bytes) => {
      decodeAmf0(bytes, 4);
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    },
  },
  {
    name: 'hpack',
    seeds: () =>
      ['828684418cf1e3c2e5f23a6ba0ab90f4ff', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', '4001610162be'].map((hex) =>
        Buffer.from(hex, 'hex'),
      ),
    run: (bytes) => void decodeHeaderBlock(bytes),
  },
];
