import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailAddress, provableName } from '../../../src/config/values/acme-values.ts';

test('a name that can be proved is that of a host', () => {
  assert.deepEqual(provableName('Live.example.org'), { ok: true, value: 'live.example.org' });
  for (const text of ['192.0.2.1', '::1', '*.example.org', '']) {
    const read = provableName(text);
    assert.ok(!read.ok && read.text.endsWith('neither stars nor addresses can be proved'), text);
    assert.ok(!read.text.includes('checkIP'), 'that verifies a peer, and is no remedy here');
  }
});

test('an account has a mail address', () => {
  for (const text of ['hostmaster@example.org', 'a.b+c@localhost']) assert.deepEqual(mailAddress(text), { ok: true, value: text });
  for (const text of ['nomail', '@example.org', 'a@', 'a b@example.org', 'a@b,c@d', 'a@b?subject=x', ''])
    assert.ok(!mailAddress(text).ok, text);
});
