/** `fips = yes` where the runtime has the provider, and the error where it has not; either way the process is left usable. */
// Tests: src/openssl/provider.ts
import assert from 'node:assert/strict';
import { createHash, getFips, setFips } from 'node:crypto';
import { test } from 'node:test';
import { approvedGroups, requireFips } from '../../../src/tls/material/fips.ts';

function providerIsThere(): boolean {
  try {
    requireFips();
    return true;
  } catch {
    return false;
  } finally {
    setFips(false);
  }
}

test('without the provider it is an error that names the way out, and nothing has changed', {
  skip: providerIsThere() && 'this runtime has the FIPS provider',
}, () => {
  assert.throws(requireFips, {
    code: 'config_not_available',
    message: /^FIPS provider not available: .*; use a Node\.js .* or remove fips = yes$/,
  });
  assert.equal(getFips(), 0);
  assert.equal(createHash('md5').update('').digest('hex'), 'd41d8cd98f00b204e9800998ecf8427e');
});

test('with the provider only its algorithms work', { skip: !providerIsThere() && 'this runtime has no FIPS provider' }, (t) => {
  t.after(() => setFips(false));
  requireFips();
  assert.throws(() => createHash('md5'));
});

test('groups outside FIPS go where it is on', () => {
  assert.equal(approvedGroups('X25519:P-256'), 'X25519:P-256');
});
