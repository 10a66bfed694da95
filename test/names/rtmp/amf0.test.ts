import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeAmf0, encodeString } from '../../../src/names/rtmp/amf0.ts';
import { amfNumber, amfObject, amfString } from '../../support/data/rtmp-bytes.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

suite('AMF0', () => {
  test('decodes the kinds that matter', () => {
    const bytes = Buffer.concat([amfString('connect'), amfNumber(1.5), amfObject([['app', amfString('live')]])]);
    const [name, number, object] = decodeAmf0(bytes, 3) ?? [];
    assert.deepEqual(name, { kind: 'string', text: 'connect', start: 0, end: 10 });
    assert.deepEqual(number, { kind: 'number', value: 1.5 });
    assert.ok(object?.kind === 'object');
    const app = object.properties.get('app');
    assert.ok(app?.kind === 'string');
    assert.deepEqual(bytes.subarray(app.start, app.end), amfString('live'));
  });

  test('steps over every other kind', () => {
    const others = {
      boolean: '0101',
      null: '05',
      undefined: '06',
      reference: '070001',
      'ECMA array': '0800000001000161050000 09'.replace(' ', ''),
      'strict array': '0a000000020505',
      date: '0b00000000000000000000',
      'long string': '0c0000000161',
      unsupported: '0d',
      XML: '0f0000000161',
      'typed object': '10000141000009',
    };
    for (const [name, bytes] of Object.entries(others)) {
      const values = decodeAmf0(Buffer.concat([hex(bytes), amfString('after')]), 2);
      const last = values?.[1];
      assert.ok(last?.kind === 'string' && last.text === 'after', name);
    }
  });

  test('keeps strange keys out of reach', () => {
    const [object] =
      decodeAmf0(
        amfObject([
          ['__proto__', amfString('x')],
          ['constructor', amfString('y')],
        ]),
        1,
      ) ?? [];
    assert.ok(object?.kind === 'object');
    assert.equal(object.properties.size, 2);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  test('refuses what is cut off, unknown or beyond its limits', () => {
    const whole = Buffer.concat([amfString('connect'), amfNumber(1), amfObject([['a', amfString('b')]])]);
    for (let length = 0; length < whole.length; length++) assert.equal(decodeAmf0(whole.subarray(0, length), 3), undefined, `${length}`);
    for (const bad of ['04', '0e', '11', 'ff', '09', '0200ff', '0cffffffff61', '0affffffff', '080000', '00'])
      assert.equal(decodeAmf0(hex(bad), 1), undefined, bad);
    assert.equal(decodeAmf0(Buffer.concat(Array.from({ length: 100_000 }, () => hex('03000161'))), 1), undefined);
    assert.equal(decodeAmf0(Buffer.concat([hex('0affffffff'), Buffer.alloc(50_000, 5)]), 1), undefined);
  });

  test('encodes strings, long ones in the long form', () => {
    assert.deepEqual(encodeString('añ'), amfString('añ'));
    const long = encodeString('x'.repeat(70_000));
    const [decoded] = decodeAmf0(long, 1) ?? [];
    assert.ok(decoded?.kind === 'string' && decoded.text.length === 70_000);
  });
});
