/** `fips = yes` where the provider is installed, and the error where it is not; either way the process is left usable. */
// Tests: src/openssl/library/provider.ts
import assert from 'node:assert/strict';
import { createHash, getFips } from 'node:crypto';
import { test } from 'node:test';
import { enableFips } from '../../../src/openssl/library/provider.ts';
import { approvedGroups, requireFips } from '../../../src/tls/material/fips.ts';

function providerIsThere(): boolean {
  try {
    requireFips();
    return true;
  } catch {
    return false;
  } finally {
    enableFips(false);
  }
}

test('without the provider it is an error that names the way out, and nothing has changed', {
  skip: providerIsThere() && 'this machine has the FIPS provider',
}, () => {
  assert.throws(requireFips, {
    code: 'config_not_available',
    message: /^FIPS provider not available: .*; install it .* or remove fips = yes$/,
  });
  assert.equal(getFips(), 0);
  assert.equal(createHash('md5').update('').digest('hex'), 'd41d8cd98f00b204e9800998ecf8427e');
});

test('with the provider only its algorithms work, also those of the runtime', {
  skip: !providerIsThere() && 'this machine has no FIPS provider that is configured (Debian 13: openssl-provider-fips)',
}, (t) => {
  t.after(() => enableFips(false));
  requireFips();
  assert.throws(() => createHash('md5'));
  assert.equal(approvedGroups('*X25519MLKEM768:*X25519:P-256:P-384'), 'P-256:P-384');
});

test('groups outside FIPS stay where it is off', () => {
  assert.equal(approvedGroups('X25519:P-256'), 'X25519:P-256');
});
