import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { decodeText, encodeText, escapeRawBytes, hasRawBytes, pathBytes, rawAsLatin1 } from '../../src/text/raw-text.ts';
import { tempFolder } from '../support/temp.ts';

suite('text with bytes that are no UTF-8', () => {
  test('comes back as it was', () => {
    for (const hex of [
      '',
      '61',
      'e9',
      'c3a9',
      'c3',
      'e282',
      'e282ac',
      'f09f9880',
      'f09f98',
      'eda080',
      'edb3a9',
      'c080',
      'ff00fe',
      '61e962c3a9e2',
    ]) {
      const bytes = Buffer.from(hex, 'hex');
      assert.equal(encodeText(decodeText(bytes)).toString('hex'), hex);
    }
    const every = Buffer.from(Array.from({ length: 65_536 }, (_, index) => [index >> 8, index & 0xff]).flat());
    assert.ok(encodeText(decodeText(every)).equals(every));
  });

  test('keeps what is UTF-8 as text', () => {
    assert.equal(decodeText(Buffer.from('é😀\ufeff\ufffd')), 'é😀\ufeff\ufffd');
    assert.equal(decodeText(Buffer.from('ab\xe9\xff', 'latin1')), 'ab\udce9\udcff');
    assert.ok(!hasRawBytes('é😀\ufffd'));
    assert.ok(hasRawBytes('ab\udce9'));
  });

  test('is Latin-1 where it has to be Unicode', () => assert.equal(rawAsLatin1('caf\udce9 é'), 'café é'));

  test('is shown escaped', () => assert.equal(escapeRawBytes('caf\udce9 é😀'), 'caf\\xe9 é😀'));

  test('names a file', (t) => {
    const name = `${join(tempFolder(t), 'caf')}\udce9`;
    writeFileSync(Buffer.concat([Buffer.from(name.slice(0, -1)), Buffer.of(0xe9)]), 'found');
    assert.equal(readFileSync(pathBytes(name), 'utf8'), 'found');
    assert.equal(pathBytes('/plain/é'), '/plain/é');
  });
});
