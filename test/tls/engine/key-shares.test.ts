/** A dial sends both key shares until its peer chose a classical group, then the classical one alone, for an hour. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { classicalShareOnly, KeyShares } from '../../../src/tls/engine/key-shares.ts';
import { certificate } from '../../support/data/certificates.ts';

const BOTH = '*X25519MLKEM768:*X25519:P-256:P-384';

test('only a list that sends both shares has a classical form, which keeps every group on offer', () => {
  assert.equal(classicalShareOnly(BOTH), '*X25519:X25519MLKEM768:P-256:P-384');
  assert.equal(classicalShareOnly('X25519MLKEM768:X25519'), undefined);
  assert.equal(classicalShareOnly('P-256'), undefined);
});

for (const [groups, expected] of [
  ['X25519:P-256', 'classical'],
  ['X25519MLKEM768:X25519', 'both'],
] as const) {
  test(`after a handshake with a server of ${groups}`, async (t) => {
    const { certificate: cert, key } = certificate('server');
    const server = tls.createServer({ cert, key, ecdhCurve: groups }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    let now = 0;
    const both = tls.createSecureContext({ ecdhCurve: BOTH });
    const classical = tls.createSecureContext({ ecdhCurve: classicalShareOnly(BOTH) as string });
    const shares = new KeyShares(
      both,
      () => classical,
      () => now,
    );
    assert.equal(shares.contextFor('a'), both);
    const { port } = server.address() as AddressInfo;
    const socket = tls.connect({ port, host: '127.0.0.1', secureContext: shares.contextFor('a'), rejectUnauthorized: false });
    shares.watch(socket, 'a');
    await once(socket, 'secureConnect');
    socket.destroy();
    assert.equal(shares.contextFor('a'), expected === 'both' ? both : classical);
    assert.equal(shares.contextFor('b'), both);
    now = 3_600_001;
    assert.equal(shares.contextFor('a'), both);
  });
}

test('where there is nothing to choose nothing is remembered', () => {
  const both = tls.createSecureContext();
  assert.equal(new KeyShares(both, undefined).contextFor('a'), both);
});
