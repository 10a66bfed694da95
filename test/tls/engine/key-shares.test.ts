/** A dial sends both key shares until its peer chose a classical group, then the classical one alone, for an hour. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classicalShareOnly, KeyShares } from '../../../src/tls/engine/key-shares.ts';
import { TlsClient } from '../../../src/tls/engine/tls-client.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { listenTls } from '../../support/net/tls.ts';
import { drain, judgeServerAt } from '../../support/overcoat/handshake.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

const BOTH = '*X25519MLKEM768:*X25519:P-256:P-384';
const CLASSICAL = '*X25519:X25519MLKEM768:P-256:P-384';

test('only a list that sends both shares has a classical form, which keeps every group on offer', () => {
  assert.equal(classicalShareOnly(BOTH), CLASSICAL);
  assert.equal(classicalShareOnly('X25519MLKEM768:X25519'), undefined);
  assert.equal(classicalShareOnly('P-256'), undefined);
});

test('what a peer chose is known of it for an hour, and of nobody else', () => {
  let now = 0;
  const shares = new KeyShares(BOTH, 2, () => now);
  assert.equal(shares.groupsFor('a'), undefined);
  shares.learn('a', () => 'x25519');
  assert.equal(shares.groupsFor('a'), CLASSICAL);
  assert.equal(shares.groupsFor('b'), undefined);
  shares.learn('a', () => 'X25519MLKEM768');
  assert.equal(shares.groupsFor('a'), undefined);
  shares.learn('a', () => 'secp256r1');
  now = 3_600_001;
  assert.equal(shares.groupsFor('a'), undefined);
});

test('where there is nothing to choose nobody is asked', () => {
  const shares = new KeyShares('P-256', 2);
  shares.learn('a', () => assert.fail('the group was asked for'));
  assert.equal(shares.groupsFor('a'), undefined);
});

test('the second dial sends less, and both agree on the same group', async (t) => {
  const { port } = await listenTls(t, { ecdhCurve: 'X25519:P-256' });
  const resume = { ...serviceConfig().sessions, resume: false };
  const service = prepareServiceTls(serviceConfig({ tls: { curves: BOTH }, service: { sessions: resume } }), () => undefined);
  assert.ok(service.endpoint instanceof TlsClient);
  for (let dial = 0; dial < 2; dial += 1) {
    const { facts, leg } = await judgeServerAt(t, service, port, 'localhost');
    assert.equal(facts.group, 'X25519');
    drain(leg);
    leg.end('close');
  }
});
