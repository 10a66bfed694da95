import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { ServiceConfig } from '../../../src/config/config.ts';
import type { Served } from '../../../src/daemon/engine.ts';
import { changesOf } from '../../../src/daemon/reload/reload-changes.ts';
import { certificate } from '../../support/data/certificates.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

const served = (name: string, changes: Partial<ServiceConfig> = {}, pem?: string): Served => ({
  config: { ...serviceConfig(), name, ...changes },
  tls: { ownCertificate: pem === undefined ? undefined : new X509Certificate(pem), expiries: [] },
  files: { tls: new Map(), names: new Map() },
});

test('services that came, left and changed, and certificates that are others', () => {
  const [old, next] = [certificate('expired').certificate, certificate('not-yet-valid').certificate];
  const before = [served('same'), served('gone'), served('other'), served('renewed', {}, old)];
  const after = [served('same'), served('other', { delay: true }), served('renewed', {}, next), served('new')];
  assert.deepEqual(changesOf(before, after), {
    added: ['new'],
    removed: ['gone'],
    changed: ['other'],
    renewed: [{ service: 'renewed', expired: Date.parse('2021-01-01'), expires: Date.parse('2091-01-01') }],
  });
});

test('two sections of one name are told apart by their order', () => {
  const twice = [served('a'), served('a', { delay: true })];
  assert.deepEqual(changesOf(twice, twice).changed, []);
  assert.deepEqual(changesOf(twice, [served('a'), served('a', { delay: true }), served('a')]).added, ['a']);
});

test('nothing', () => {
  const all = [served('a', {}, certificate('server').certificate)];
  assert.deepEqual(changesOf(all, all), { added: [], removed: [], changed: [], renewed: [] });
});
