import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announcesStaple } from '../../../src/openssl/context/server-hello.ts';
import { extensionsOf, message, number16, u8, u16 } from '../../support/raw-tls/hello.ts';

const SERVER_HELLO = 2;

function hello(...types: readonly number[]): Buffer {
  const front = [number16(0x0303), Buffer.alloc(32), u8(Buffer.alloc(32)), number16(0xc02b), Buffer.of(0)];
  const extensions = extensionsOf(types.map((type) => [type, Buffer.alloc(type === 5 ? 0 : 3, 5)]));
  return message(SERVER_HELLO, Buffer.concat([...front, u16(extensions)]));
}

test('a staple is announced by its extension, wherever that stands', () => {
  assert.equal(announcesStaple(hello(5)), true);
  assert.equal(announcesStaple(hello(11, 23, 5, 35)), true);
  assert.equal(announcesStaple(hello(11, 23, 35)), false);
  assert.equal(announcesStaple(hello()), false);
});

test('what is cut short or lies about its lengths announces nothing, and is no failure', () => {
  const whole = hello(11, 5);
  for (let length = 0; length < whole.length - 4; length += 1)
    assert.equal(announcesStaple(whole.subarray(0, length)), false, String(length));
  for (let at = 0; at < whole.length; at += 1) announcesStaple(Buffer.from(whole).fill(255, at, at + 1));
});
