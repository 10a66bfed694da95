/** Two thousand connections with every kind of end: afterwards no SSL object, no session and no descriptor is left. */
// Tests: src/openssl/library/handle.ts
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { TlsLeg } from '../../src/openssl/connection/tls-leg.ts';
import { handlesAlive } from '../../src/openssl/library/handle.ts';
import type { Leg } from '../../src/sockets/leg.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { Socket } from '../../src/sockets/socket.ts';
import { eventually } from '../support/eventually.ts';
import { acceptAll, acceptSockets, clientContext, dialSocket, Inbox, judgeChain, serverContext } from '../support/net/legs.ts';

const ROUNDS = 2_000;
const AT_ONCE = 20;

/** Both directions; the failure of one leg is a reset of the other. */
function join(one: Leg, other: Leg): void {
  let open = 2;
  const end = (how: 'close' | 'reset'): void => {
    for (const leg of [one, other]) leg.end(how);
  };
  const delivered = (): void => {
    open -= 1;
    if (open === 0) end('close');
  };
  const flow = { moved: () => undefined, ending: () => true, delivered };
  for (const leg of [one, other]) leg.onFailed(() => end('reset'));
  one.pump(other, flow);
  other.pump(one, flow);
}

/** How many are open, files left out: those are the test runner's. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').filter((fd) => !linkOf(fd).startsWith('/')).length;
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '/'; // that of the folder itself is closed by now
  }
}

test('churn with all endings leaves nothing', async (t) => {
  const server = serverContext(t, { sessions: { resume: true }, sessionIdContext: Buffer.from('churn') });
  const client = clientContext(t, { sessions: { resume: true } });
  const refuse = { accepted: false, error: 23 } as const;
  const echo = acceptSockets(t, (socket) => {
    const leg = new PlainLeg(socket);
    leg.pump(leg, { moved: () => undefined, ending: () => true, delivered: () => leg.end('close') });
  });
  const port = acceptSockets(t, (socket) => {
    const tls = new TlsLeg(socket, { context: server, judge: acceptAll });
    tls.handshake((failure) => {
      if (failure !== undefined) return;
      void dialSocket(echo).then((upstream) => {
        const plain = new PlainLeg(upstream);
        if (tls.gone) plain.end('close');
        else join(plain, tls);
      });
    });
  });

  const before = { sockets: Socket.open, descriptors: descriptors() }; // the listeners and the poller are there
  const endings: readonly ((round: number) => Promise<void>)[] = [
    async () => void (await dialSocket(port)).close('reset'),
    async () => void (await dialSocket(port)).close('close'),
    async () => {
      const plain = new PlainLeg(await dialSocket(port));
      plain.write(Buffer.from('\x16\x03\x01\x00\x05garbage'));
      await new Inbox(plain).over();
      plain.end('close');
    },
    async () => {
      const leg = new TlsLeg(await dialSocket(port), { context: client, judge: () => refuse });
      await new Promise<void>((resolve) => leg.handshake(() => resolve()));
      leg.end('close');
    },
    async () => {
      const leg = new TlsLeg(await dialSocket(port), { context: client, judge: acceptAll });
      leg.handshake(() => undefined);
      leg.end('reset'); // in the middle of the handshake
    },
    async (round) => {
      const leg = new TlsLeg(await dialSocket(port), {
        context: client,
        judge: judgeChain,
        serverName: 'localhost',
        sessionReceived: (session) => session.free(),
      });
      await new Promise<void>((resolve) => leg.handshake(() => resolve()));
      const inbox = new Inbox(leg);
      leg.write(Buffer.alloc(1 + ((round * 7919) % 100_000), 'x'));
      await eventually('something comes back', () => inbox.bytes.length > 0, { every: 1 });
      leg.end(round % 2 === 0 ? 'close' : 'reset');
    },
  ];
  let round = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (round < ROUNDS) {
        round += 1;
        await endings[round % endings.length]?.(round);
      }
    }),
  );
  await eventually('all sockets are given back', () => Socket.open === before.sockets);
  assert.equal(handlesAlive('connection'), 0);
  assert.equal(handlesAlive('session'), 0);
  await eventually('all descriptors are given back', () => descriptors() <= before.descriptors, { every: 50 });
});
