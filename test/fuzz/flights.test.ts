/**
 * What a TLS peer may send, in any phase, to our server and to our client: each connection is a handshake of some kind in which one
 * flight is changed on the wire, or replaced by a piece of one that was recorded in another handshake and state. Whatever comes, the
 * connection ends, for a reason of TLS's or the kernel's; what an application is given is what the other one said; and nothing is left.
 * A crash of the library ends the file. `npm test` changes 500 flights, `npm run fuzz` 10,000.
 */
// Tests: src/openssl/context/answers.ts, src/openssl/connection/input.ts, src/openssl/library/output.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handlesAlive } from '../../src/openssl/library/handle.ts';
import { FUZZ_INPUTS, Random } from '../support/fuzz.ts';
import { changeOneFlight, recordKinds } from './subjects/flights.ts';

const FLIGHTS = Math.max(100, Math.ceil(FUZZ_INPUTS / 10));

test('fuzzing flights of handshakes of every kind and state, both modes', async (t) => {
  const recorded = await recordKinds(t);
  const before = handlesAlive('session');
  const random = new Random(1400);
  const failed = { client: 0, server: 0 };
  let served = 0;
  for (let count = 0; count < FLIGHTS; count += 1) {
    const ended = await changeOneFlight(recorded, random).catch((cause: unknown) => {
      throw new Error(`flight ${count}`, { cause });
    });
    for (const end of ended.failed) failed[end] += 1;
    if (ended.served) served += 1;
  }
  t.diagnostic(
    `${FLIGHTS} flights: ${failed.server} handshakes failed at the server, ${failed.client} at the client, ${served} connections were served`,
  );
  assert.ok(failed.client > FLIGHTS / 10 && failed.server > FLIGHTS / 10 && served > 0, 'good and bad ones were among them');
  assert.equal(handlesAlive('session'), before);
});
