import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameText } from '../../../src/tls/certificate/name-text.ts';

const attribute = (oid: string, tag: string, hex: string): string => {
  const inner = `0603${oid}${tag}${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`;
  const sequence = `30${(inner.length / 2).toString(16).padStart(2, '0')}${inner}`;
  return `31${(sequence.length / 2).toString(16).padStart(2, '0')}${sequence}`;
};
const name = (...sets: string[]): Buffer => {
  const inner = sets.join('');
  return Buffer.from(`30${(inner.length / 2).toString(16).padStart(2, '0')}${inner}`, 'hex');
};

test('a name is shown by its parts, in their order', () => {
  const utf8 = attribute('550403', '0c', Buffer.from('Übung CA').toString('hex'));
  const bmp = attribute('55040a', '1e', '00410063006d0065');
  assert.equal(nameText(name(utf8, bmp, attribute('550405', '13', '3132'))), 'CN=Übung CA, O=Acme, 12');
});

test('what is no name is empty, and every prefix of one is harmless', () => {
  const whole = name(attribute('550403', '0c', '61'));
  for (let length = 0; length < whole.length; length += 1) assert.equal(nameText(whole.subarray(0, length)), '');
  assert.equal(nameText(Buffer.from('0500', 'hex')), '');
});
