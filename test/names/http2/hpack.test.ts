import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeHeaderBlock } from '../../../src/names/http2/hpack.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const REQUEST = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];

suite('HPACK', () => {
  const cases: [name: string, bytes: string, fields: readonly (readonly string[])[] | undefined][] = [
    ['RFC 7541 C.2.1, literal with indexing', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', [['custom-key', 'custom-header']]],
    ['C.2.2, literal without indexing', '040c2f73616d706c652f70617468', [[':path', '/sample/path']]],
    ['C.2.3, never indexed', '100870617373776f726406736563726574', [['password', 'secret']]],
    ['C.2.4, indexed', '82', [[':method', 'GET']]],
    ['C.3.1, a request', '828684410f7777772e6578616d706c652e636f6d', REQUEST],
    ['C.4.1, the same with Huffman', '828684418cf1e3c2e5f23a6ba0ab90f4ff', REQUEST],
    [
      'an entry used again',
      '4001610162be',
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ],
    ['an entry evicted by a smaller table', '4001610162 20 be', undefined],
    ['a table larger than allowed', '3fe21f', undefined],
    ['index 0', '80', undefined],
    ['an index beyond both tables', 'be', undefined],
    ['an integer without end', 'ffffffffffffffff', undefined],
    ['a string cut off', '410f7777', undefined],
    ['a length without a string', '0001610f', undefined],
    ['EOS inside Huffman', '000161 84 ffffffff', undefined],
    ['nothing', '', []],
  ];
  for (const [name, bytes, fields] of cases) test(name, () => assert.deepEqual(decodeHeaderBlock(hex(bytes)), fields));

  test('forgets the oldest entries when its table is full, and stops at a thousand fields', () => {
    const big = Buffer.concat([hex('4001617f dd1e'), Buffer.alloc(4060, 0x62)]);
    assert.equal(decodeHeaderBlock(big)?.[0]?.[1].length, 4060);
    assert.ok(decodeHeaderBlock(Buffer.concat([hex('4001780179'), big, hex('bf')])) === undefined);
    assert.equal(decodeHeaderBlock(Buffer.alloc(1024, 0x82))?.length, 1024);
    assert.equal(decodeHeaderBlock(Buffer.alloc(1025, 0x82)), undefined);
  });
});
