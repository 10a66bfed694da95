/** What the peer of a handshake that has failed sees: what whoever owns the leg says in the same turn, and an end where nobody says anything. */
// Tests: src/openssl/connection/tls-leg.ts, src/sockets/sending-leg.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsLeg } from '../../../src/openssl/connection/tls-leg.ts';
import { acceptAll, handshake, legAndPeer, serverContext } from '../../support/net/legs.ts';
import { ending } from '../../support/net/tcp.ts';

for (const [how, seen] of [
  ['reset', 'ECONNRESET'],
  ['close', 'closed'],
  [undefined, 'closed'],
] as const)
  test(`a client that speaks no TLS, and ${how === undefined ? 'nobody ends the leg' : `the leg is ended with a ${how}`}: ${seen}`, async (t) => {
    const { ours, far } = await legAndPeer(t);
    const leg = new TlsLeg(ours.handOver().socket, { context: serverContext(t), judge: acceptAll });
    const failed = handshake(leg).then(({ failure }) => {
      assert.match(String(failure), /http request/);
      if (how !== undefined) leg.end(how);
    });
    const end = ending(far);
    far.write('GET / HTTP/1.0\r\n\r\n');
    await failed;
    assert.ok(leg.gone);
    assert.equal(await end, seen);
  });
