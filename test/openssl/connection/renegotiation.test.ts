/**
 * Data and ends in the middle of a renegotiation (up to TLS 1.2), both modes: what must wait goes out behind it, what the peer sends before
 * its answer and after it arrives, and an end within it ends the connection.
 */
// Tests: src/openssl/connection/tls-leg.ts, src/openssl/connection/connection.ts, src/openssl/connection/connection-input.ts
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { connect, TLSSocket } from 'node:tls';
import { TlsLeg } from '../../../src/openssl/connection/tls-leg.ts';
import { OP } from '../../../src/openssl/library/library.ts';
import type { Socket } from '../../../src/sockets/socket.ts';
import { certificate } from '../../support/data/certificates.ts';
import { eventually, within } from '../../support/eventually.ts';
import { Random } from '../../support/fuzz.ts';
import { CutWire } from '../../support/net/cut-wire.ts';
import { acceptAll, acceptSockets, clientContext, dialSocket, handshake, Inbox, plainPair, serverContext } from '../../support/net/legs.ts';
import { dial, listen } from '../../support/net/tcp.ts';
import { ALERT, MESSAGE, RECORD } from '../../support/raw-tls/client.ts';
import { message } from '../../support/raw-tls/hello.ts';
import { RawServer } from '../../support/raw-tls/server.ts';

const OLD = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const ALLOWED = { ...OLD, options: { set: OP.ALLOW_CLIENT_RENEGOTIATION, clear: OP.NO_RENEGOTIATION } };

suite('server mode: the client asks, and has yet to send its last flight', () => {
  test('bytes that wait go out behind it, and the stream goes on', async (t) => {
    const { leg, peer, goOn } = await half(t);
    const inbox = new Inbox(leg);
    const received = collect(peer);
    const waiting = new Random(1).bytes(200_000);
    leg.write(waiting.subarray(0, 100));
    leg.write(waiting.subarray(100));
    await goOn();
    await eventually('they arrive', () => received.bytes.length === waiting.length);
    assert.ok(received.bytes.equals(waiting));
    peer.write('after');
    await inbox.sees('after');
    assert.deepEqual([inbox.end, inbox.failure], [undefined, undefined]);
  });

  for (const waiting of ['', 'waits'])
    test(`our end waits${waiting === '' ? '' : ' behind bytes that wait'}, and the peer's direction goes on`, async (t) => {
      const { leg, peer, goOn } = await half(t);
      const inbox = new Inbox(leg);
      const received = collect(peer);
      const ended = once(peer, 'end');
      if (waiting !== '') leg.write(Buffer.from(waiting));
      leg.finish();
      await goOn();
      await within('our end arrives', ended);
      assert.equal(received.bytes.toString(), waiting);
      peer.write('after');
      await inbox.sees('after');
      assert.deepEqual([inbox.end, inbox.failure], [undefined, undefined]);
    });
});

test('server mode: a client whose session was resumed shows its certificate anew, and goes on', async (t) => {
  const context = serverContext(t, {
    ...ALLOWED,
    verify: 'require',
    sessions: { resume: true },
    sessionIdContext: Buffer.from('one'),
  });
  const { certificate: cert, key } = certificate('client');
  const visit = async (session?: Buffer): Promise<{ leg: TlsLeg; peer: TLSSocket }> => {
    const accepted = Promise.withResolvers<Socket>();
    const port = acceptSockets(t, accepted.resolve);
    const peer = connect({ port, cert, key, session, rejectUnauthorized: false, ...OLD });
    const leg = new TlsLeg(await accepted.promise, { context, judge: acceptAll });
    await open(t, leg, peer, 'secureConnect');
    return { leg, peer };
  };
  const { peer: first } = await visit();
  const { leg, peer } = await visit(first.getSession());
  assert.ok(peer.isSessionReused());
  const inbox = new Inbox(leg);
  await within('the renegotiation is over', renegotiated(peer));
  peer.write('after');
  await inbox.sees('after');
});

suite('client mode: the server asks', () => {
  test('and sends data before it can have our hello, while we send', async (t) => {
    const { leg, peer, wire } = await client(t);
    const received = collect(peer);
    const [near, far] = await plainPair(t);
    const inbox = new Inbox(far);
    let ours = 0;
    const moved = (): void => {
      ours += 1;
      leg.write(Buffer.of(ours));
    };
    leg.pump(near, { moved, ending: () => true, delivered: () => undefined });
    const data = new Random(2).bytes(1_000_000);
    wire.hold();
    const over = renegotiated(peer);
    await within('all of it is held', new Promise((sent) => peer.write(data, sent)));
    void wire.release();
    await eventually('it arrives', () => inbox.bytes.length === data.length);
    assert.ok(inbox.bytes.equals(data));
    await eventually('the answer to our hello is held', () => wire.held > 0);
    leg.write(Buffer.of(0));
    await letGo(wire, over);
    await eventually('and ours', () => received.bytes.at(-1) === 0 && received.bytes.length === ours + 1);
    assert.equal(leg.gone, false);
  });

  test('and says close_notify instead of an answer: our end goes out', async (t) => {
    const { certificate: pem, key } = certificate('server');
    const listening = await listen(t);
    const leg = new TlsLeg(await dialSocket(listening.port), { context: clientContext(t, ALLOWED), judge: acceptAll });
    t.after(() => leg.end('reset'));
    const shaken = handshake(leg);
    const socket = await listening.next();
    const peer = new RawServer('TLSv1.2', socket, { der: new X509Certificate(pem).raw, key: createPrivateKey(key) });
    await peer.hello();
    await peer.shake();
    assert.equal((await shaken).failure, undefined);
    const inbox = new Inbox(leg);
    const ended = once(socket, 'end');
    peer.raw(
      Buffer.concat([
        peer.sealed(RECORD.handshake, message(MESSAGE.helloRequest, Buffer.alloc(0))),
        peer.sealed(RECORD.alert, Buffer.of(ALERT.warning, ALERT.closeNotify)),
      ]),
    );
    assert.equal(await inbox.over(), 'whole');
    leg.finish();
    await within('FIN', ended);
  });
});

/** Our server has said its part of a renegotiation; the client's last flight is held. */
async function half(t: TestContext): Promise<{ leg: TlsLeg; peer: TLSSocket; goOn: () => Promise<void> }> {
  const accepted = Promise.withResolvers<Socket>();
  const wire = new CutWire(await dial(t, acceptSockets(t, accepted.resolve)));
  const leg = new TlsLeg(await accepted.promise, { context: serverContext(t, ALLOWED), judge: acceptAll });
  const peer = connect({ socket: wire, rejectUnauthorized: false, ...OLD });
  await open(t, leg, peer, 'secureConnect');
  new Inbox(leg).stop();
  wire.hold();
  const over = renegotiated(peer);
  await eventually('the hello is held', () => wire.held > 0);
  const reading = new Inbox(leg);
  await wire.release();
  await eventually('the last flight is held', () => wire.held > 0);
  reading.stop();
  return { leg, peer, goOn: () => letGo(wire, over) };
}

async function client(t: TestContext): Promise<{ leg: TlsLeg; peer: TLSSocket; wire: CutWire }> {
  const listening = await listen(t);
  const leg = new TlsLeg(await dialSocket(listening.port), { context: clientContext(t, ALLOWED), judge: acceptAll });
  const wire = new CutWire(await listening.next());
  const { certificate: cert, key } = certificate('server');
  const peer = new TLSSocket(wire, { isServer: true, cert, key, ...OLD } as ConstructorParameters<typeof TLSSocket>[1]);
  await open(t, leg, peer, 'secure');
  return { leg, peer, wire };
}

async function open(t: TestContext, leg: TlsLeg, peer: TLSSocket, event: string): Promise<void> {
  t.after(() => {
    peer.destroy();
    leg.end('reset');
  });
  peer.on('error', () => undefined);
  const [{ failure }] = await Promise.all([handshake(leg), once(peer, event)]);
  assert.equal(failure, undefined);
}

function renegotiated(peer: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    peer.renegotiate({ rejectUnauthorized: false }, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** From now on what the peer sends is held no longer than it takes to see it. */
async function letGo(wire: CutWire, over: Promise<void>): Promise<void> {
  const timer = setInterval(() => void (wire.held > 0 && wire.release()), 2);
  timer.unref();
  await within('the renegotiation is over', over);
}

function collect(peer: TLSSocket): { readonly bytes: Buffer } {
  const parts: Buffer[] = [];
  peer.on('data', (part: Buffer) => parts.push(part));
  return {
    get bytes(): Buffer {
      return Buffer.concat(parts);
    },
  };
}
