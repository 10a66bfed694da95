/**
 * A peer that ends its direction and resets the connection at once, so that both are known in the same turn: what it sent is whole, so
 * its end goes out in order and nothing of the stream is lost for the reset behind it; that shows with the next byte the other way.
 */
// Tests: src/sockets/descriptor-leg.ts, src/sockets/sending-leg.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '../../src/sockets/leg.ts';
import { eventually } from '../support/eventually.ts';
import { Inbox, plainPair } from '../support/net/legs.ts';

const flow: Flow = { moved: () => undefined, ending: () => true, delivered: () => undefined };

for (const bytes of [1, 200_000])
  test(`an end with a reset behind it: ${bytes} byte(s) and the end arrive, then the reset`, async (t) => {
    const [one, peer] = await plainPair(t);
    const [two, far] = await plainPair(t);
    one.onFailed(() => two.end('reset'));
    two.onFailed(() => one.end('reset'));
    const inbox = new Inbox(far);
    const sent = new Promise((resolve) => peer.write(Buffer.alloc(bytes, 'x'), resolve));
    one.pump(two, flow);
    two.pump(one, flow);
    await sent;
    peer.finish();
    // no turn in between: our side finds the bytes, the end and the reset at one time
    if (bytes === 1) peer.end('reset');
    else await eventually('all of it has arrived', () => inbox.bytes.length === bytes, { every: 2 }).then(() => peer.end('reset'));
    assert.equal(await inbox.over(), 'whole');
    assert.equal(inbox.bytes.length, bytes);
    assert.equal(two.gone, false);
    far.write(Buffer.from('nobody is there'));
    await eventually('the reset has come through', () => one.gone && two.gone, { every: 2 });
  });
