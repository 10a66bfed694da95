/**
 * Boundaries of TLS records times boundaries of TCP segments: a peer sends records of every length, cut into segments anywhere, and all of
 * it must arrive without one more byte from the peer. What is read where depends on both, and a mistake there is a stall: something lies
 * in the kernel, and nobody is told of it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import { connect, TLSSocket } from 'node:tls';
import { TlsLeg } from '../../../src/openssl/connection/tls-leg.ts';
import type { Socket } from '../../../src/sockets/socket.ts';
import { certificate } from '../data/certificates.ts';
import { eventually } from '../eventually.ts';
import { Random } from '../fuzz.ts';
import type { Ending } from '../temp.ts';
import { CutWire } from './cut-wire.ts';
import { acceptAll, acceptSockets, clientContext, dialSocket, handshake, Inbox, plainPair, serverContext } from './legs.ts';
import { dial, listen } from './tcp.ts';

export interface Boundaries {
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  /** Of our leg, which receives. */
  readonly mode: 'client' | 'server';
  /** Who reads it: somebody before the relay, or the relay. */
  readonly by: 'listener' | 'relay';
  readonly seed: number;
}

const LARGEST = 16_384;
/** A stall lasts for ever; a busy machine does not. */
const STALL_MS = 10_000;
const LENGTHS = [1, 2, 300, 1000, 1400, 4096, LARGEST - 1, LARGEST];
const pattern = new Random(1).bytes(LARGEST);

/** One connection that receives so many bursts. @returns segments sent */
export async function receiveBursts(t: Ending, boundaries: Boundaries, bursts: number): Promise<number> {
  const { seed } = boundaries;
  const random = new Random(seed);
  const { peer, wire, inbox } = await start(t, boundaries);
  let segments = 0;
  for (let burst = 0; burst < bursts; burst += 1) {
    wire.hold();
    const lengths = Array.from({ length: 1 + random.below(8) }, () =>
      random.below(2) === 0 ? random.pick(LENGTHS) : 1 + random.below(LARGEST),
    );
    for (const length of lengths) await new Promise((sent) => peer.write(pattern.subarray(0, length), sent));
    while (wire.held > 0) {
      segments += 1;
      await wire.release(cut(random, wire.held));
      await pause(random);
    }
    const all = Buffer.concat(lengths.map((length) => pattern.subarray(0, length)));
    const what = `${JSON.stringify(boundaries)}, burst ${burst}, records of ${lengths}: all ${all.length} bytes arrive`;
    await eventually(what, () => inbox.bytes.length >= all.length, { every: 1, within: STALL_MS });
    assert.ok(inbox.clear().equals(all), `${what} as they were sent`);
  }
  peer.destroy();
  return segments;
}

/** Of so many bytes. */
function cut(random: Random, held: number): number {
  switch (random.below(4)) {
    case 0:
      return 1 + random.below(6); // within the header of a record
    case 1:
      return 1 + random.below(1500);
    case 2:
      return 1 + random.below(held);
    default:
      return held;
  }
}

async function pause(random: Random): Promise<void> {
  switch (random.below(4)) {
    case 0:
      return;
    case 1:
      await delay(1);
      return;
    default:
      await nextTurn();
  }
}

async function start(t: Ending, { version, mode, by }: Boundaries): Promise<{ peer: TLSSocket; wire: CutWire; inbox: Inbox }> {
  const versions = { minVersion: version, maxVersion: version } as const satisfies ConnectionOptions;
  const { leg, wire, peer } = await (mode === 'server' ? server(t, versions) : client(t, versions));
  t.after(() => {
    peer.destroy();
    leg.end('reset');
  });
  peer.on('error', () => undefined);
  const [{ failure }] = await Promise.all([handshake(leg), once(peer, mode === 'server' ? 'secureConnect' : 'secure')]);
  assert.equal(failure, undefined);
  if (by === 'listener') return { peer, wire, inbox: new Inbox(leg) };
  const [near, far] = await plainPair(t);
  const flow = { moved: () => undefined, ending: () => true, delivered: () => undefined };
  leg.pump(near, flow);
  return { peer, wire, inbox: new Inbox(far) };
}

type Versions = Pick<ConnectionOptions, 'minVersion' | 'maxVersion'> & { readonly minVersion: string; readonly maxVersion: string };
type Started = { readonly leg: TlsLeg; readonly wire: CutWire; readonly peer: TLSSocket };

async function server(t: Ending, versions: Versions): Promise<Started> {
  const accepted = Promise.withResolvers<Socket>();
  const wire = new CutWire(await dial(t, acceptSockets(t, accepted.resolve)));
  const leg = new TlsLeg(await accepted.promise, { context: serverContext(t, versions), judge: acceptAll });
  return { leg, wire, peer: connect({ socket: wire, rejectUnauthorized: false, ...versions } as ConnectionOptions) };
}

async function client(t: Ending, versions: Versions): Promise<Started> {
  const listening = await listen(t);
  const leg = new TlsLeg(await dialSocket(listening.port), { context: clientContext(t, versions), judge: acceptAll });
  const wire = new CutWire(await listening.next());
  const { certificate: cert, key } = certificate('server');
  return { leg, wire, peer: new TLSSocket(wire, { isServer: true, cert, key, ...versions } as ConstructorParameters<typeof TLSSocket>[1]) };
}
