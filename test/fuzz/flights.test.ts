/**
 * What a TLS peer may send, in any phase, to our server and to our client: each connection is a handshake of some kind in which one
 * flight is changed on the wire, or replaced by a piece of one that was recorded in another handshake and state. Whatever comes, the
 * connection ends, for a reason of TLS's or the kernel's; what an application is given is what the other one said; and nothing is left.
 * A crash of the library ends the file. `npm test` changes 500 flights, `npm run fuzz` 10,000.
 */
// Tests: src/openssl/answers.ts, src/openssl/input.ts, src/openssl/output.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpensslError } from '../../src/openssl/errors.ts';
import { handlesAlive } from '../../src/openssl/handle.ts';
import { PeerGone, PeerRefused } from '../../src/openssl/tls-leg.ts';
import { Socket } from '../../src/sockets/socket.ts';
import { FUZZ_INPUTS, mutate, Random } from '../support/fuzz.ts';
import type { End, Kind } from '../support/net/handshake-kinds.ts';
import { Conversation, handshakeKinds, TEXT } from '../support/net/handshake-kinds.ts';

const FLIGHTS = Math.max(100, Math.ceil(FUZZ_INPUTS / 10));

/** Of one kind: how many flights each end sends. */
interface Recorded {
  readonly kind: Kind;
  readonly flights: readonly (readonly [from: End, number: number, bytes: Buffer])[];
}

async function record(kind: Kind): Promise<Recorded> {
  const flights: [End, number, Buffer][] = [];
  const { failures, received } = await new Conversation(kind, (bytes, from, number) => {
    flights.push([from, number, Buffer.from(bytes)]);
    return bytes;
  }).run();
  assert.deepEqual([failures, received], [{}, { client: TEXT, server: TEXT }], kind.name);
  return { kind, flights };
}

/** One of ours or the kernel's; anything else is a defect. */
function isExpected(failure: Error): boolean {
  return failure instanceof OpensslError || failure instanceof PeerGone || failure instanceof PeerRefused || 'errno' in failure;
}

test('fuzzing flights of handshakes of every kind and state, both modes', async (t) => {
  const recorded: Recorded[] = [];
  for (const kind of await handshakeKinds(t)) recorded.push(await record(kind));
  const all = recorded.flatMap(({ flights }) => flights.map(([, , bytes]) => bytes));
  const before = { sockets: Socket.open, connections: handlesAlive('connection'), sessions: handlesAlive('session') };
  const random = new Random(1400);
  const failed = { client: 0, server: 0 };
  let served = 0;
  for (let count = 0; count < FLIGHTS; count += 1) {
    const { kind, flights } = random.pick(recorded);
    const [from, number] = random.pick(flights);
    let sent: Buffer | undefined;
    const conversation = new Conversation(kind, (flight, sender, at) => {
      if (sender !== from || at !== number) return flight;
      sent = random.below(4) === 0 ? mutate(random, all) : mutate(random, [flight, flight, flight, ...all].slice(0, 3));
      return sent;
    });
    await conversation.run(random.pick(['close', 'reset']));
    const about = (): string => `flight ${count}: ${kind.name}, number ${number} of the ${from}: ${sent?.toString('hex').slice(0, 4096)}`;
    for (const end of ['client', 'server'] as const) {
      const failure = conversation.failures[end];
      assert.ok(failure === undefined || isExpected(failure), `${about()}\n${failure?.stack}`);
      assert.ok(TEXT.startsWith(conversation.received[end]), about());
      assert.ok(conversation.received[end] === '' || conversation.opened.has(end), about());
      if (failure !== undefined) failed[end] += 1;
    }
    if (conversation.received.client === TEXT) served += 1;
    assert.equal(handlesAlive('connection'), before.connections, about());
    assert.equal(Socket.open, before.sockets, about());
  }
  t.diagnostic(
    `${FLIGHTS} flights: ${failed.server} handshakes failed at the server, ${failed.client} at the client, ${served} connections were served`,
  );
  assert.ok(failed.client > FLIGHTS / 10 && failed.server > FLIGHTS / 10 && served > 0, 'good and bad ones were among them');
  assert.equal(handlesAlive('session'), before.sessions);
});
