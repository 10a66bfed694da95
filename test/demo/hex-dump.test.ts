import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexDump, readableTexts } from '../../src/demo/hex-dump.ts';

test('sixteen bytes a line, offset in front, printable characters behind', () => {
  const bytes = Buffer.concat([Buffer.from('connect rtmp://a'), Buffer.of(0x16, 0x03, 0x01, 0x7f, 0xff)]);
  assert.deepEqual(hexDump(bytes), [
    '00000000  63 6f 6e 6e 65 63 74 20  72 74 6d 70 3a 2f 2f 61  |connect rtmp://a|',
    `00000010  16 03 01 7f ff${' '.repeat(36)}|.....|`,
  ]);
  assert.deepEqual(hexDump(new Uint8Array()), []);
});

test('readable texts are the longer runs of printable characters, each once', () => {
  const bytes = Buffer.from('\0short\0rtmp://example/live\x01\x02rtmp://example/live\xffat the very end', 'latin1');
  assert.deepEqual(readableTexts(bytes), ['rtmp://example/live', 'at the very end']);
  assert.deepEqual(readableTexts(new Uint8Array()), []);
});
