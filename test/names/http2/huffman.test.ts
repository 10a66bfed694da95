import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeHuffman } from '../../../src/names/http2/huffman.ts';

suite("HPACK's Huffman code", () => {
  const cases: [hex: string, text: string | undefined][] = [
    ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
    ['a8eb10649cbf', 'no-cache'],
    ['25a849e95ba97d7f', 'custom-key'],
    ['25a849e95bb8e8b4bf', 'custom-value'],
    ['aec3771a4b', 'private'],
    ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com'],
    ['', ''],
    ['1f', 'a'],
    ['18', undefined],
    ['1fff', undefined],
    ['fffffffc', undefined],
    ['ffffffff', undefined],
  ];
  for (const [hex, text] of cases)
    test(`${hex} is ${JSON.stringify(text)}`, () => assert.equal(decodeHuffman(Buffer.from(hex, 'hex')), text));
});
