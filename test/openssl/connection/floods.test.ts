/**
 * A peer of an open leg that makes work instead of sending data, both modes: messages of the handshake without end are refused, however many
 * of them lie in one record, and none of it takes more than its part of a turn, nor do records of one byte.
 */
// Tests: src/openssl/connection/connection.ts, src/openssl/connection/connection-input.ts, src/openssl/context/callbacks.ts
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { Connection } from '../../../src/openssl/connection/connection.ts';
import { TlsLeg } from '../../../src/openssl/connection/tls-leg.ts';
import type { ContextOptions } from '../../../src/openssl/context/context-options.ts';
import { OP } from '../../../src/openssl/library/library.ts';
import { certificate } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { acceptAll, acceptSockets, clientContext, dialSocket, handshake, Inbox, plainPair, serverContext } from '../../support/net/legs.ts';
import { listen } from '../../support/net/tcp.ts';
import { ALERT, MESSAGE, RawTls, RECORD } from '../../support/raw-tls/client.ts';
import { message, u16 } from '../../support/raw-tls/hello.ts';
import type { Version } from '../../support/raw-tls/keys.ts';
import { RawServer } from '../../support/raw-tls/server.ts';

type Peer = Pick<RawTls | RawServer, 'sealed' | 'renewWriting'> & { flood(bytes: Buffer): void; unsent(): number };

interface Flooded {
  readonly leg: TlsLeg;
  readonly peer: Peer;
}

interface Flood {
  /** Of our leg. */
  readonly mode: 'client' | 'server';
  readonly version: Version;
  readonly context?: Partial<ContextOptions>;
  /** Some of it: it is said again and again. */
  readonly piece: (peer: Peer) => Buffer;
  readonly refusal: RegExp;
}

const NOTHING = Buffer.alloc(0);
const MESSAGES = /sends messages of TLS without data, one after the other/;
/** What the library leaves behind in one call, beyond its part of a turn. */
const MOST_STEPS_A_READ = 1100;
const MOST_RECORDS_A_READ = 256;
/** A quarter of a megabyte, and what one call more takes: sixty steps here. */
const MOST_EFFORT_A_READ = 600_000;
/** Of a handshake: as much work as a few handshakes, where each byte has a record of its own. */
const MOST_BYTES_A_TURN = 16_384;
const MEGABYTES = 16 * 2 ** 20;

/** As many of one message as go into a record. */
const packed =
  (type: number, body: Buffer) =>
  (peer: Peer): Buffer => {
    const one = message(type, body);
    return peer.sealed(RECORD.handshake, Buffer.concat(Array.from({ length: Math.floor(16_000 / one.length) }, () => one)));
  };
const alone =
  (type: number, body: Buffer) =>
  (peer: Peer): Buffer =>
    peer.sealed(type, body);
const TICKET = Buffer.concat([Buffer.from([0, 0, 14, 16, 1, 2, 3, 4, 0]), u16(Buffer.of(5)), u16(NOTHING)]);
const ALLOWED = { options: { set: 0n, clear: OP.NO_RENEGOTIATION } };

const FLOODS: Readonly<Record<string, Flood>> = {
  'HelloRequests, renegotiation refused': {
    mode: 'client',
    version: 'TLSv1.2',
    piece: packed(MESSAGE.helloRequest, NOTHING),
    refusal: MESSAGES,
  },
  'HelloRequests, renegotiation allowed': {
    mode: 'client',
    version: 'TLSv1.2',
    context: ALLOWED,
    piece: packed(MESSAGE.helloRequest, NOTHING),
    refusal: MESSAGES,
  },
  'HelloRequests in records of their own, renegotiation allowed': {
    mode: 'client',
    version: 'TLSv1.2',
    context: ALLOWED,
    piece: alone(RECORD.handshake, message(MESSAGE.helloRequest, NOTHING)),
    refusal: MESSAGES,
  },
  tickets: { mode: 'client', version: 'TLSv1.3', piece: packed(MESSAGE.newTicket, TICKET), refusal: MESSAGES },
  'ClientHellos of nothing': { mode: 'server', version: 'TLSv1.2', piece: packed(MESSAGE.clientHello, NOTHING), refusal: MESSAGES },
};
for (const mode of ['client', 'server'] as const)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const row = (piece: Flood['piece'], refusal: RegExp): Flood => ({ mode, version, piece, refusal });
    Object.assign(FLOODS, {
      [`empty records, ${mode} mode, ${version}`]: row(alone(RECORD.data, NOTHING), /record too small/),
      [`warnings, ${mode} mode, ${version}`]: row(
        alone(RECORD.alert, Buffer.of(ALERT.warning, ALERT.userCanceled)),
        /too many warn alerts/,
      ),
    });
  }

suite('without end', () => {
  for (const [name, flood] of Object.entries(FLOODS))
    test(`${name}: refused, within its part of a turn`, async (t) => {
      const reads = watchReads(t);
      const { leg, peer } = await start(t, flood);
      const inbox = new Inbox(leg);
      let sent = 0;
      while (inbox.failure === undefined) {
        await nextTurn();
        if (peer.unsent() > 0) continue;
        const pieces = Array.from({ length: 200 }, () => flood.piece(peer));
        peer.flood(Buffer.concat(pieces));
        sent += pieces.reduce((sum, { length }) => sum + length, 0);
        assert.ok(sent < MEGABYTES, `${sent} bytes, and it is not refused`);
      }
      assert.match(inbox.failure.message, flood.refusal);
      assert.equal(inbox.bytes.length, 0);
      assert.ok(Math.max(...reads.map(({ heard }) => heard)) <= MOST_STEPS_A_READ, JSON.stringify(reads));
    });

  test('data between the messages are served, some of them a turn', async (t) => {
    const { leg, peer } = await start(t, { mode: 'client', version: 'TLSv1.3' });
    const inbox = await relayed(t, leg);
    const reads = watchReads(t);
    const some = message(MESSAGE.newTicket, TICKET);
    const count = 400;
    for (let each = 0; each < count; each += 1)
      peer.flood(
        Buffer.concat([
          peer.sealed(RECORD.handshake, Buffer.concat(Array.from({ length: 20 }, () => some))),
          peer.sealed(RECORD.data, Buffer.of(each)),
        ]),
      );
    await eventually('all data arrive', () => inbox.bytes.length === count, { every: 2 });
    assert.ok(reads.length >= count / 4, `${reads.length} reads`);
    assert.ok(Math.max(...reads.map(({ effort }) => effort)) <= MOST_EFFORT_A_READ, JSON.stringify(reads));
  });

  test('records of one byte arrive, some of them a turn', async (t) => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { leg, peer } = await start(t, { mode: 'server', version });
      const inbox = await relayed(t, leg);
      const count = 20_000;
      const records = Buffer.concat(Array.from({ length: count }, () => peer.sealed(RECORD.data, Buffer.of(7))));
      const reads = watchReads(t);
      peer.flood(records);
      await eventually('all of them arrive', () => inbox.bytes.length === count, { every: 2 });
      assert.ok(Math.max(...reads.map(({ filled }) => filled)) <= MOST_RECORDS_A_READ, JSON.stringify(reads));
    }
  });
});

test('a hello in records of one byte is taken some of it a turn', async (t) => {
  const ended = Promise.withResolvers<Error | undefined>();
  const options = { context: serverContext(t, {}), judge: acceptAll };
  const port = acceptSockets(t, (socket) => {
    const leg = new TlsLeg(socket, options);
    t.after(() => leg.end('reset'));
    leg.handshake((failure) => ended.resolve(failure));
  });
  const calls = t.mock.method(Connection.prototype, 'handshake');
  const hello = message(MESSAGE.clientHello, Buffer.alloc(65_000));
  const records = Buffer.concat([...hello].map((byte) => Buffer.of(RECORD.handshake, 3, 1, 0, 1, byte)));
  const peer = new RawTls('TLSv1.3', port);
  t.after(() => peer.destroy());
  peer.raw(records);
  assert.match((await ended.promise)?.message ?? '', /length mismatch/);
  assert.ok(calls.mock.callCount() >= records.length / MOST_BYTES_A_TURN, `${calls.mock.callCount()} calls`);
});

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Read {
  readonly filled: number;
  readonly heard: number;
  readonly effort: number;
}

/** What each read from now on has brought, and what it has heard. */
function watchReads(t: TestContext): Read[] {
  const reads: Read[] = [];
  const { read } = Connection.prototype;
  t.mock.method(Connection.prototype, 'read', function (this: Connection, ...args: Parameters<typeof read>) {
    const filled = read.apply(this, args);
    reads.push({ filled, heard: this.heard, effort: this.effort });
    return filled;
  });
  return reads;
}

async function relayed(t: TestContext, leg: TlsLeg): Promise<Inbox> {
  const [near, far] = await plainPair(t);
  leg.pump(near, { moved: () => undefined, ending: () => true, delivered: () => undefined });
  return new Inbox(far);
}

function start(t: TestContext, flood: Pick<Flood, 'mode' | 'version' | 'context'>): Promise<Flooded> {
  return flood.mode === 'server' ? startServer(t, flood) : startClient(t, flood);
}

async function startServer(t: TestContext, { version, context }: Pick<Flood, 'version' | 'context'>): Promise<Flooded> {
  const options = { context: serverContext(t, { maxVersion: version, ...context }), judge: acceptAll };
  const made = Promise.withResolvers<TlsLeg>();
  const port = acceptSockets(t, (socket) => {
    const leg = new TlsLeg(socket, options);
    t.after(() => leg.end('reset'));
    leg.handshake((failure) => (failure === undefined ? made.resolve(leg) : made.reject(failure)));
  });
  const peer = new RawTls(version, port);
  t.after(() => peer.destroy());
  await peer.shake();
  return { leg: await made.promise, peer: flooding(peer) };
}

async function startClient(t: TestContext, { version, context }: Pick<Flood, 'version' | 'context'>): Promise<Flooded> {
  const { certificate: pem, key } = certificate('server');
  const listening = await listen(t);
  const leg = new TlsLeg(await dialSocket(listening.port), {
    context: clientContext(t, { maxVersion: version, ...context }),
    judge: acceptAll,
  });
  t.after(() => leg.end('reset'));
  const shaken = handshake(leg);
  const peer = new RawServer(version, await listening.next(), { der: new X509Certificate(pem).raw, key: createPrivateKey(key) });
  await peer.hello();
  await peer.shake();
  assert.equal((await shaken).failure, undefined);
  return { leg, peer: flooding(peer) };
}

function flooding(peer: RawTls | RawServer): Peer {
  return {
    sealed: peer.sealed.bind(peer),
    renewWriting: peer.renewWriting.bind(peer),
    flood: peer.raw.bind(peer),
    unsent: () => peer.unsent,
  };
}
