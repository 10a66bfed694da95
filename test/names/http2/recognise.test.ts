import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseHttp2 } from '../../../src/names/http2/recognise.ts';
import { flightsOf } from '../../support/data/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../../support/data/recogniser-checks.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = frame(4, 0, '');
const NAMED = 'http/2 a.example h2';
const NAMELESS = 'http/2 no name h2';

function frame(type: number, flags: number, hex: string): Buffer {
  const payload = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const head = Buffer.from([0, 0, 0, type, flags, 0, 0, 0, 1]);
  head.writeUIntBE(payload.length, 0, 3);
  return Buffer.concat([head, payload]);
}

/** A literal field without indexing. */
function field(name: string, value: string): string {
  return `00${text(name)}${text(value)}`;
}

function text(value: string): string {
  return Buffer.concat([Buffer.of(value.length), Buffer.from(value)]).toString('hex');
}

function flight(...frames: Buffer[]): Buffer {
  return Buffer.concat([PREFACE, SETTINGS, ...frames]);
}

suite('HTTP/2 with prior knowledge', () => {
  for (const recorded of flightsOf('http/2')) {
    test(`${recorded.file}: each prefix`, () => checkPrefixes(recogniseHttp2, recorded));
    test(`${recorded.file}: each split`, () => checkSplits(recogniseHttp2, recorded));
  }

  const authority = field(':authority', 'a.example:8080');
  const cases: [name: string, bytes: Buffer, expected: string][] = [
    ['one HEADERS', flight(frame(1, 4, `82${authority}`)), NAMED],
    ['in two frames', flight(frame(1, 0, `82${authority.slice(0, 10)}`), frame(9, 4, authority.slice(10))), NAMED],
    ['with padding and priority', flight(frame(1, 0x2c, `03 0000000010 82${authority} 000000`)), NAMED],
    ['host instead of :authority', flight(frame(1, 4, `82${field('host', 'a.example')}`)), NAMED],
    ['WINDOW_UPDATE and PRIORITY before', flight(frame(8, 0, '00000001'), frame(2, 0, '0000000010'), frame(1, 4, authority)), NAMED],
    ['CONNECT', flight(frame(1, 4, `${field(':method', 'CONNECT')}${field(':authority', 'a.example:443')}`)), 'connect a.example h2'],
    ['no authority', flight(frame(1, 4, '82')), NAMELESS],
    ['two authorities', flight(frame(1, 4, authority + authority)), NAMELESS],
    ['an authority that is no host', flight(frame(1, 4, field(':authority', 'a b'))), NAMELESS],
    ['a block that cannot be decoded', flight(frame(1, 4, '80')), NAMELESS],
    ['CONTINUATION without HEADERS', flight(frame(9, 4, authority)), NAMELESS],
    ['HEADERS twice', flight(frame(1, 0, '82'), frame(1, 4, authority)), NAMELESS],
    ['something between HEADERS and CONTINUATION', flight(frame(1, 0, '82'), frame(6, 0, '0000000000000000')), NAMELESS],
    ['more padding than payload', flight(frame(1, 0xc, 'ff82')), NAMELESS],
    ['a frame longer than allowed', flight(Buffer.from('00400101040000000182', 'hex')), NAMELESS],
    ['not the preface', Buffer.from('PRI * HTTP/2.1\r\n'), 'not-mine'],
    ['the preface alone', PREFACE, 'need-more'],
    ['nothing', Buffer.alloc(0), 'need-more'],
  ];
  for (const [name, bytes, expected] of cases) test(name, () => assert.equal(summary(recogniseHttp2(bytes)), expected));
});
