/**
 * The record layer and every state of a handshake, ours at both ends: an input says which kind of handshake, which of its flights is
 * changed, and how. A handshake is never the same twice, so an input repeats the change and not the bytes.
 */
import assert from 'node:assert/strict';
import { PeerGone, PeerRefused } from '../../../src/openssl/connection/tls-leg.ts';
import { OpensslError } from '../../../src/openssl/library/errors.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import { Socket } from '../../../src/sockets/socket.ts';
import type { Subject } from '../../support/fuzz.ts';
import { mutate, Random } from '../../support/fuzz.ts';
import type { End, Kind } from '../../support/net/handshake-kinds.ts';
import { Conversation, handshakeKinds, TEXT } from '../../support/net/handshake-kinds.ts';
import type { Ending } from '../../support/temp.ts';

/** Of one kind: the flights each end sends. */
export interface Recorded {
  readonly kind: Kind;
  readonly flights: readonly (readonly [from: End, number: number, bytes: Buffer])[];
}

/** What became of one conversation. */
export interface Ended {
  readonly failed: readonly End[];
  readonly served: boolean;
}

export async function recordKinds(t: Ending): Promise<readonly Recorded[]> {
  const recorded: Recorded[] = [];
  for (const kind of await handshakeKinds(t)) {
    const flights: [End, number, Buffer][] = [];
    const { failures, received } = await new Conversation(kind, (bytes, from, number) => {
      flights.push([from, number, Buffer.from(bytes)]);
      return bytes;
    }).run();
    assert.deepEqual([failures, received], [{}, { client: TEXT, server: TEXT }], kind.name);
    recorded.push({ kind, flights });
  }
  return recorded;
}

/** One conversation in which one flight is changed by `random`, or replaced by a piece of another one. @throws on a finding */
export async function changeOneFlight(recorded: readonly Recorded[], random: Random): Promise<Ended> {
  const all = recorded.flatMap(({ flights }) => flights.map(([, , bytes]) => bytes));
  const before = { sockets: Socket.open, connections: handlesAlive('connection') };
  const { kind, flights } = random.pick(recorded);
  const [from, number] = random.pick(flights);
  let sent: Buffer | undefined;
  const conversation = new Conversation(kind, (flight, sender, at) => {
    if (sender !== from || at !== number) return flight;
    sent = random.below(4) === 0 ? mutate(random, all) : mutate(random, [flight, flight, flight, ...all].slice(0, 3));
    return sent;
  });
  await conversation.run(random.pick(['close', 'reset']));
  const about = (): string => `${kind.name}, number ${number} of the ${from}: ${sent?.toString('hex').slice(0, 4096)}`;
  for (const end of ['client', 'server'] as const) {
    const failure = conversation.failures[end];
    assert.ok(failure === undefined || isExpected(failure), `${about()}\n${failure?.stack}`);
    assert.ok(TEXT.startsWith(conversation.received[end]), about());
    assert.ok(conversation.received[end] === '' || conversation.opened.has(end), about());
  }
  assert.equal(handlesAlive('connection'), before.connections, about());
  assert.equal(Socket.open, before.sockets, about());
  const failed = (['client', 'server'] as const).filter((end) => conversation.failures[end] !== undefined);
  return { failed, served: conversation.received.client === TEXT };
}

/** One of ours or the kernel's; anything else is a defect. */
function isExpected(failure: Error): boolean {
  return failure instanceof OpensslError || failure instanceof PeerGone || failure instanceof PeerRefused || 'errno' in failure;
}

let kinds: Promise<readonly Recorded[]> | undefined;

export const FLIGHT_SUBJECT: Subject = {
  name: 'flights',
  costs: 10,
  seeds: () => [1, 2, 3, 4, 5, 6, 7, 8].map((number) => Buffer.of(number, 0, 0, 0)),
  run: async (bytes) => {
    kinds ??= recordKinds({ after: () => undefined }); // they live as long as the process
    await changeOneFlight(await kinds, new Random(bytes.length < 4 ? 1 : bytes.readInt32LE(0)));
  },
};
