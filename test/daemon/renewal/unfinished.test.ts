import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unfinished } from '../../../src/daemon/renewal/unfinished.ts';
import type { FileAnswer } from '../../../src/start-files.ts';
import { certificate } from '../../support/data/certificates.ts';

const answer = (content: string | Buffer): FileAnswer => ({ kind: 'value', value: Buffer.from(content) });
const PEM = certificate('server').certificate;

test('a PEM file cut off anywhere but behind a block is seen', () => {
  const whole = PEM + PEM;
  assert.equal(unfinished('f', answer(whole), answer(PEM)), undefined);
  const ends = new Set([0, PEM.length - 1, PEM.length, whole.length - 1]);
  for (let length = 0; length < whole.length; length += 1) {
    if (ends.has(length) || length < 12 || (length > PEM.length && length < PEM.length + 27)) continue;
    assert.match(unfinished('f', answer(whole.slice(0, length)), answer(whole)) ?? '', /no end/, String(length));
  }
});

test('the last line of a list has an end where it had one before', () => {
  assert.match(unfinished('psk', answer('a:0011\nb:00'), answer('a:0011\nb:0022\n')) ?? '', /last line has no end/);
  assert.equal(unfinished('psk', answer('a:0011\nb:00'), answer('a:0011')), undefined);
  assert.equal(unfinished('der', answer(Buffer.of(0x30, 1, 2)), answer(Buffer.of(0x30, 0, 0x0a))), undefined);
  assert.equal(unfinished('gone', { kind: 'error', message: '', code: 'ENOENT', errno: -2 }, answer('a\n')), undefined);
});
