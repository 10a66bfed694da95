import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sslCommand } from '../../../src/config/values/ssl-commands.ts';

test('a command is what stands before the first colon', () => {
  for (const [text, name, value] of [
    ['MinProtocol:TLSv1.2', 'MinProtocol', 'TLSv1.2'],
    ['maxprotocol : TLSv1.3', 'maxprotocol', 'TLSv1.3'],
    ['Groups:X25519:P-256', 'Groups', 'X25519:P-256'],
    ['Options', 'Options', ''],
    [':x', '', 'x'],
  ] as const) {
    assert.deepEqual(sslCommand(text), { ok: true, value: { name, value } }, text);
  }
});
