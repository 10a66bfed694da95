/**
 * A reload frees contexts whose connections are in the middle of their handshakes. The library counts who uses one, so every handshake
 * goes on to its end, with its callbacks, tickets and pre-shared keys; only a virtual host that is chosen after its end refuses. Under
 * `npm run test:memory` the allocator watches.
 */
// Tests: src/openssl/library/handle.ts, src/openssl/context/virtual-host.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handlesAlive } from '../../src/openssl/library/handle.ts';
import type { Kind } from '../support/net/handshake-kinds.ts';
import { Conversation, handshakeKinds, TEXT } from '../support/net/handshake-kinds.ts';
import type { Ending } from '../support/temp.ts';

/** More than any handshake has, both directions together. */
const FLIGHTS = 6;

test('contexts that end at each flight of handshakes of every kind', async (t) => {
  const before = handlesAlive('connection');
  let finished = 0; // 18 kinds; two of them choose a virtual host after a wait
  for (let last = 0; last < FLIGHTS; last += 1) {
    const ends: (() => void | Promise<void>)[] = [];
    const owner: Ending = { after: (end) => void ends.push(end) };
    const freeAll = (): void => {
      for (const end of ends) void end();
    };
    t.after(freeAll);
    const kinds: readonly Kind[] = await handshakeKinds(owner);
    // each kind's contexts are its own, and those of the others are still wanted: the first that comes to the flight frees all
    const conversations = kinds.map((kind) => {
      let seen = 0;
      return new Conversation(kind, (flight) => {
        if (seen === last) freeAll();
        seen += 1;
        return flight;
      });
    });
    for (const [index, conversation] of (await Promise.all(conversations.map((each) => each.run()))).entries()) {
      const { failures, received, legs } = conversation;
      const name = `${kinds[index]?.name}, freed at ${last}`;
      for (const failure of Object.values(failures)) assert.match(failure.message, /a freed context was used|alert/, name);
      if (Object.keys(failures).length === 0) assert.deepEqual(received, { client: TEXT, server: TEXT }, name);
      else assert.deepEqual(received, { client: '', server: '' }, name);
      assert.ok(legs.client.gone && legs.server.gone, name);
      if (received.client === TEXT) finished += 1;
    }
    assert.equal(handlesAlive('context'), 0);
    assert.equal(handlesAlive('session'), 0);
  }
  assert.ok(finished > FLIGHTS * 14, `${finished} handshakes were finished`);
  assert.equal(handlesAlive('connection'), before);
});
