/** Where the library reads once it has left what handshakes share: nothing that came before TLS is lost, and no turn goes on for as long as a peer drips. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Pointer } from '../../../src/native/binding.ts';
import { copyOf, copyTo } from '../../../src/native/binding.ts';
import { ConnectionInput } from '../../../src/openssl/connection/connection-input.ts';
import { INPUT_ROOM, moveUnused } from '../../../src/openssl/connection/input.ts';
import { C } from '../../../src/openssl/library/library.ts';
import { Slot } from '../../../src/openssl/library/memory.ts';
import { outputReference } from '../../../src/openssl/library/output.ts';
import type { Socket } from '../../../src/sockets/socket.ts';
import { EAGAIN } from '../../../src/sockets/system-calls.ts';
import { serverContext } from '../../support/net/legs.ts';

/** The input of a connection whose handshake begins. */
function beginning(t: TestContext, unread: Uint8Array): { readonly input: ConnectionInput; readonly ssl: Pointer } {
  const input = new ConnectionInput(unread);
  const ssl = C.SSL_new(serverContext(t).pointer);
  assert.ok(ssl !== null);
  t.after(() => C.SSL_free(ssl));
  C.SSL_set_bio(ssl, input.bio, outputReference());
  C.SSL_set_accept_state(ssl);
  input.beginTurn();
  return { input, ssl };
}

function socketThat(read: (into: Pointer) => number): Socket {
  return { unread: true, fd: -1, read } as unknown as Socket;
}

const silent = socketThat(() => -EAGAIN);
const MEMORY_OF = 3; // BIO_CTRL_INFO

function contentOf(bio: Pointer): Buffer {
  const place = new Slot();
  const length = C.BIO_ctrl(bio, MEMORY_OF, 0, place.at);
  return Buffer.from(copyOf(place.pointer, length));
}

for (const [what, used, finished] of [
  ['stops in the middle', 100, false],
  ['finishes with all it was fed', INPUT_ROOM, true],
] as const)
  test(`a handshake that ${what}: what was not fed yet comes behind what was not used`, (t) => {
    const unread = randomBytes(INPUT_ROOM + 5000);
    const { input, ssl } = beginning(t, unread);
    assert.equal(input.feedShared(ssl, silent), 0);
    moveUnused(used, null);
    input.leaveShared(ssl, silent, finished);
    assert.ok(input.isOwn);
    assert.deepEqual(contentOf(input.bio), unread.subarray(used));
  });

test('a peer that sends a byte for each read has its part of a turn, and the next turn goes on', (t) => {
  const { input, ssl } = beginning(t, randomBytes(100));
  let reads = 0;
  const dripping = socketThat((into) => {
    copyTo(into, Buffer.of(1));
    reads += 1;
    return 1;
  });
  input.feedShared(ssl, dripping);
  input.leaveShared(ssl, dripping, false);
  while (input.goOn(ssl, dripping) > 0);
  assert.equal(reads, 64);
  assert.ok(input.hadItsPart);
  input.beginTurn();
  assert.ok(!input.hadItsPart);
  assert.equal(input.goOn(ssl, dripping), 1);
});
