/** Hostile first bytes: no exception, no impossible answer, and nothing of the client lost, however its bytes arrive. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseTls } from '../../src/connection/name/tls-recogniser.ts';
import { recogniseHttp1 } from '../../src/names/http1.ts';
import { decodeHeaderBlock } from '../../src/names/http2/hpack.ts';
import { recogniseHttp2 } from '../../src/names/http2/recognise.ts';
import { RECOGNISERS } from '../../src/names/recognisers.ts';
import type { FirstProtocol, Recogniser } from '../../src/names/recognition.ts';
import { decodeAmf0 } from '../../src/names/rtmp/amf0.ts';
import { recogniseRtmp } from '../../src/names/rtmp/recognise.ts';
import { rewriteConnect } from '../../src/names/rtmp/rewrite.ts';
import { recogniseRtsp } from '../../src/names/rtsp.ts';
import { Sniffer } from '../../src/names/sniffer.ts';
import { recogniseSocks } from '../../src/names/socks.ts';
import { recogniseXmpp } from '../../src/names/xmpp.ts';
import { firstFlights, flightsOf } from '../support/data/first-flights.ts';
import { HANDSHAKE } from '../support/data/rtmp-bytes.ts';
import { FUZZ_INPUTS, fuzz, mutate } from '../support/fuzz.ts';

interface Subject {
  readonly name: string;
  readonly recognise: Recogniser;
  readonly protocols: readonly FirstProtocol[];
  /** Where the part begins that is worth breaking. */
  readonly from: number;
}

const SUBJECTS: readonly Subject[] = [
  { name: 'RTMP', recognise: recogniseRtmp, protocols: ['rtmp'], from: HANDSHAKE.length },
  { name: 'HTTP/1', recognise: recogniseHttp1, protocols: ['http/1', 'connect'], from: 0 },
  { name: 'HTTP/2', recognise: recogniseHttp2, protocols: ['http/2'], from: 24 },
  { name: 'RTSP', recognise: recogniseRtsp, protocols: ['rtsp'], from: 0 },
  { name: 'XMPP', recognise: recogniseXmpp, protocols: ['xmpp'], from: 0 },
  { name: 'SOCKS', recognise: recogniseSocks, protocols: ['socks'], from: 1 },
  { name: 'TLS', recognise: recogniseTls, protocols: ['tls'], from: 5 },
];

function checkRecognition(recognise: Recogniser, bytes: Buffer): void {
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

suite('fuzzing the recognisers', () => {
  assert.equal(SUBJECTS.length, RECOGNISERS.length + 1, 'a recogniser is not fuzzed');
  for (const [index, { name, recognise, protocols, from }] of SUBJECTS.entries()) {
    const seeds = flightsOf(...protocols).map(({ bytes }) => bytes);
    test(`${name}: mutated recordings`, () => {
      fuzz(
        100 + index,
        FUZZ_INPUTS,
        (random) => mutate(random, seeds, from),
        (bytes) => checkRecognition(recognise, bytes),
      );
    });
    test(`${name}: noise behind a true beginning`, () => {
      fuzz(
        200 + index,
        FUZZ_INPUTS,
        (random) => Buffer.concat([random.pick(seeds).subarray(0, from + random.below(40)), random.bytes(random.below(300))]),
        (bytes) => checkRecognition(recognise, bytes),
      );
    });
  }

  test('the sniffer, with everything in random pieces', () => {
    const seeds = firstFlights().map(({ bytes }) => bytes);
    fuzz(
      300,
      FUZZ_INPUTS,
      (random) => mutate(random, seeds),
      (bytes, random) => {
        const sniffer = new Sniffer([...RECOGNISERS, recogniseTls]);
        let offset = 0;
        let answers = 0;
        while (offset < bytes.length) {
          const end = offset + 1 + random.below(random.pick([3, 200, 4000]));
          const step = sniffer.push(bytes.subarray(offset, end));
          offset = Math.min(end, bytes.length);
          if (step.kind === 'answer') answers++;
          if (step.kind === 'decided') break;
        }
        assert.ok(answers <= 1);
        const { sniffed } = sniffer.stop('the end');
        assert.ok(Buffer.from(sniffed.bytes).equals(bytes.subarray(0, offset)));
      },
    );
  });
});

suite('fuzzing the decoders beneath', () => {
  const rtmp = flightsOf('rtmp')
    .filter(({ host }) => host !== undefined)
    .map(({ bytes }) => bytes);

  test('rewriting tcUrl: what comes out is read as the new name', () => {
    fuzz(
      400,
      FUZZ_INPUTS,
      (random) => mutate(random, rtmp, HANDSHAKE.length),
      (bytes) => {
        const rewriting = rewriteConnect(bytes, { scheme: 'rtmp', authority: 'real.example', app: 'app' });
        if (rewriting.kind === 'unchanged') return;
        const recognition = recogniseRtmp(Buffer.concat([HANDSHAKE, rewriting.bytes.subarray(HANDSHAKE.length)]));
        assert.ok(recognition.kind === 'name', JSON.stringify(recognition));
        assert.deepEqual(recognition.host, { kind: 'dns', name: 'real.example' });
      },
    );
  });

  test('AMF0', () => {
    const seeds = rtmp.map((bytes) => bytes.subarray(HANDSHAKE.length + 12));
    fuzz(
      500,
      FUZZ_INPUTS,
      (random) => mutate(random, seeds),
      (bytes) => void decodeAmf0(bytes, 4),
    );
  });

  test('HPACK', () => {
    const seeds = ['828684418cf1e3c2e5f23a6ba0ab90f4ff', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', '4001610162be'].map(
      (hex) => Buffer.from(hex, 'hex'),
    );
    fuzz(
      600,
      FUZZ_INPUTS,
      (random) => mutate(random, seeds),
      (bytes) => void decodeHeaderBlock(bytes),
    );
  });
});
