import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentVariable } from '../../src/config/environment.ts';

test('splits at the first equals sign', () => {
  assert.deepEqual(environmentVariable('A=b=c'), { ok: true, value: { name: 'A', value: 'b=c' } });
  assert.deepEqual(environmentVariable('A ='), { ok: true, value: { name: 'A', value: '' } });
});

test('refuses what has no name', () => {
  for (const wrong of ['', 'A', '=b']) assert.equal(environmentVariable(wrong).ok, false, wrong);
});

test('refuses variables that switch a protection off', () => {
  for (const name of ['NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_OPTIONS', 'SSLKEYLOGFILE', 'NODE_EXTRA_CA_CERTS']) {
    assert.equal(environmentVariable(`${name}=1`).ok, false, name);
  }
});
