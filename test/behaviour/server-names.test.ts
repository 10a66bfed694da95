/**
 * `sni = auto` on the real daemon: where the name comes from, what it decides, and what happens without one. The far end is a TLS
 * server with two certificates on one address, as a front with many names would be.
 */
// Tests: src/connection/name/name-sources.ts, src/connection/name/opening.ts, src/connection/name/server-name.ts
// Tests: src/names/resources.ts
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { findMessage } from '../../src/names/rtmp/chunk-reader.ts';
import { readConnect } from '../../src/names/rtmp/connect-command.ts';
import { COMMANDS } from '../../src/names/rtmp/recognise.ts';
import { authority, certificate, store } from '../support/data/certificates.ts';
import { flightsOf } from '../support/data/first-flights.ts';
import { chunked, connectPayload, message } from '../support/data/rtmp-bytes.ts';
import { collect, dial, ending, listen, readExactly } from '../support/net/tcp.ts';
import type { TlsServer } from '../support/net/tls.ts';
import { listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { DigestLayout, RtmpSigner } from '../support/peers/rtmp-peers.ts';
import { answers, digestIn, signedOpening } from '../support/peers/rtmp-peers.ts';
import { suiteEnd } from '../support/suite-end.ts';

/** In the recordings of real RTMP clients. */
const RTMP_HOST = 'live.example.org';

const t = suiteEnd();
let daemon: Daemon;
let front: TlsServer;
/** A second server key for the same place, served once it is set. */
let changedKey = false;
let keys: readonly [TlsServer, TlsServer];

const service = (name: string, options: Options = {}): string =>
  clientSection(name, {
    connect: front.port,
    sni: 'auto',
    verifyChain: true,
    CAfile: authority().certFile,
    nameMissing: 'refuse',
    ...options,
  });

before(async () => {
  const wildcard = certificate('wildcard');
  const server = certificate('server');
  const other = store('changed', authority().issue({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] }));
  const named = createSecureContext({ cert: wildcard.certificate, key: wildcard.key });
  const issued = authority().issue({ dnsNames: [RTMP_HOST], ipAddresses: [] });
  const live = createSecureContext({ cert: issued.certificate, key: issued.key });
  const plain = createSecureContext({ cert: server.certificate, key: server.key });
  front = await listenTls(t, {
    ALPNProtocols: ['h2', 'http/1.1', 'xmpp-client'],
    SNICallback: (name, choose) => choose(null, name.endsWith('.example.test') ? named : name === RTMP_HOST ? live : plain),
  });
  keys = [await listenTls(t), await listenTls(t, { key: other.key, cert: other.certificate })];
  const nameOnly = await listenTls(t, { key: issued.key, cert: issued.certificate });
  const switching = await listen(t, (socket) => {
    socket.pause();
    void relayTo(keys[changedKey ? 1 : 0].port, socket);
  });
  daemon = await startDaemon(t, {
    config: [
      service('names'),
      service('sends', { nameMissing: 'send', TIMEOUTsniff: 50 }),
      service('pins', { connect: switching.port, nameMissing: 'pin', pinStore: '@/state/pins', TIMEOUTsniff: 50 }),
      service('map', { nameMap: '@/map', nameSources: 'map,dns' }),
      service('both', { nameMap: '@/map', nameSources: 'protocol,map' }),
      service('pass', { alreadyTls: 'pass' }),
      service('pass-with-map', { alreadyTls: 'pass', nameMap: '@/map' }),
      service('refuse', { alreadyTls: 'refuse' }),
      service('wrap'),
      service('hurry', { TIMEOUTsetup: 1, clientFirstPorts: '1-65535' }),
      service('patient', { nameMissing: 'send', serverFirstPorts: front.port }),
      service('rewrite', { sni: 'a.example.test', rtmpRewrite: 'rtmp://real.example.test/other' }),
      service('rewrite-auto', { sni: 'a.example.test', nameMissing: undefined, rtmpRewrite: 'auto' }),
      service('own-alpn', { alpn: 'h2' }),
      service('by-address', { nameMissing: 'address', TIMEOUTsniff: 50 }),
      service('by-wrong-address', { nameMissing: 'address', TIMEOUTsniff: 50, connect: nameOnly.port }),
    ].join(''),
    files: { map: '# where we are\n127.0.0.0/8 mapped.example.test\n' },
  });
});

async function relayTo(port: number, socket: Socket): Promise<void> {
  const onward = await dial(t, port);
  socket.pipe(onward).pipe(socket);
}

/** Both ends of everything, to be gone in the end. */
const opened = new Set<Socket>();

async function arrival(server = front): Promise<TLSSocket> {
  const socket = await server.next();
  opened.add(socket);
  return socket;
}

async function open(name: string): Promise<Socket> {
  const client = await dial(t, await daemon.port(name));
  opened.add(client);
  return client;
}

const request = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** Sends through a service and returns the connection that arrived at the front, with what was sent in front of it. */
async function reaches(name: string, sent: string | Buffer): Promise<{ client: Socket; upstream: TLSSocket }> {
  const client = await open(name);
  client.write(sent);
  const upstream = await arrival();
  const length = Buffer.byteLength(sent);
  assert.deepEqual(await readExactly(upstream, length), Buffer.from(sent));
  return { client, upstream };
}

async function isRefused(name: string, sent: string | Buffer, line: string | RegExp): Promise<void> {
  const from = daemon.lines.length;
  const client = await open(name);
  client.write(sent);
  assert.equal(await ending(client), 'ECONNRESET');
  await daemon.line(line, { from });
}

/** Server-side RTMP of our own: S1 that is not ours, S2 the echo of what came. */
const S1 = Buffer.concat([Buffer.alloc(8), Buffer.alloc(1528, 0x77)]);

suite('the name of the first bytes', () => {
  test('is sent as SNI and verified, and the client’s own protocol is offered by ALPN', async () => {
    const from = daemon.lines.length;
    const { client, upstream } = await reaches('names', request('A.example.test:80'));
    assert.equal(upstream.servername, 'a.example.test');
    assert.equal(upstream.alpnProtocol, 'http/1.1');
    await daemon.line('Server name: a.example.test (protocol: http/1)', { from });
    upstream.end('HTTP/1.1 200 OK\r\n\r\n');
    assert.equal((await readExactly(client, 19)).toString(), 'HTTP/1.1 200 OK\r\n\r\n');
    client.end();
  });

  test('of an XMPP client, from its stream header', async () => {
    const [flight] = flightsOf('xmpp');
    assert.ok(flight !== undefined);
    const header = Buffer.from(flight.bytes.toString('latin1').replaceAll('chat.example.org', 'chat.example.test'), 'latin1');
    const { client, upstream } = await reaches('names', header);
    assert.equal(upstream.servername, 'chat.example.test');
    assert.equal(upstream.alpnProtocol, 'xmpp-client');
    client.destroy();
  });

  test('of an HTTP/2 client, from its first header block', async () => {
    const port = await daemon.port('names');
    const session = connectHttp2('http://c.example.test', { createConnection: () => connect(port, '127.0.0.1') });
    session.on('error', () => {});
    const asked = session.request({ ':path': '/' }).on('error', () => {});
    asked.end();
    const upstream = await arrival();
    assert.equal(upstream.servername, 'c.example.test');
    assert.equal(upstream.alpnProtocol, 'h2');
    assert.equal((await readExactly(upstream, 24)).toString(), 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    session.destroy();
  });

  test('that the certificate does not have is refused, and nothing of the client crosses', async () => {
    await isRefused('names', request('a.example.org'), 'CERT: Subject checks failed');
  });

  test('that is an address is not sent as SNI, and verified as an address', async () => {
    const { client, upstream } = await reaches('names', request('127.0.0.1:8080'));
    assert.equal(upstream.servername, false);
    client.destroy();
    await isRefused('names', request('192.0.2.9'), 'CERT: Subject checks failed');
  });

  test('is overruled by no alpn of the service', async () => {
    const { client, upstream } = await reaches('own-alpn', request('a.example.test'));
    assert.equal(upstream.alpnProtocol, 'h2');
    client.destroy();
  });

  test('is found although the client ended right behind it', async () => {
    const client = await open('names');
    client.end(request('a.example.test'));
    const upstream = await arrival();
    let received = '';
    for await (const chunk of upstream.iterator({ destroyOnReturn: false })) received += chunk;
    assert.equal(received, request('a.example.test'));
    upstream.end('late answer');
    assert.equal((await readExactly(client, 11)).toString(), 'late answer');
  });

  test('is waited for no longer than TIMEOUTsetup', async () => {
    const silent = await open('hurry');
    const slow = await open('hurry');
    slow.write('GET / HT');
    assert.equal(await ending(silent), 'ECONNRESET');
    assert.equal(await ending(slow), 'ECONNRESET');
    await daemon.line('TIMEOUTsetup exceeded: closing');
  });

  test('is not waited for where the server speaks first', async () => {
    const client = await open('patient');
    const upstream = await arrival();
    upstream.write('220 greeting\r\n');
    assert.equal((await readExactly(client, 14)).toString(), '220 greeting\r\n');
    client.destroy();
  });

  test('is not waited for beyond TIMEOUTsniff where nobody is known to speak first', async () => {
    const client = await open('sends');
    const upstream = await arrival();
    upstream.write('220 greeting\r\n');
    assert.equal((await readExactly(client, 14)).toString(), '220 greeting\r\n');
    client.write('EHLO x\r\n');
    assert.equal((await readExactly(upstream, 8)).toString(), 'EHLO x\r\n');
    client.destroy();
  });

  test('a client that goes away before it named anything is no failure', async () => {
    const from = daemon.lines.length;
    const client = await open('names');
    client.write('GET /');
    await daemon.line('accepted connection', { from });
    client.resetAndDestroy();
    await daemon.line('Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket', { from });
  });
});

suite('without a name', () => {
  test('refuse: nothing crosses, and the log says why', async () => {
    await isRefused(
      'names',
      'HELO x\r\n',
      'No server name is known, so the certificate cannot be verified: the client speaks no protocol that names its server',
    );
    await isRefused('names', 'GET / HTTP/1.0\r\n\r\n', 'the HTTP request has no Host header');
  });

  test('send: the chain is verified and the name is not, with a warning', async () => {
    const from = daemon.lines.length;
    const { client, upstream } = await reaches('sends', 'HELO x\r\n');
    assert.equal(upstream.servername, false);
    await daemon.line(/LOG4.*No server name is known, so none is verified/, { from });
    client.destroy();
  });

  test('address: the certificate must be for the address that was dialled', async () => {
    const from = daemon.lines.length;
    const { client, upstream } = await reaches('by-address', 'HELO x\r\n');
    assert.equal(upstream.servername, false, 'an address is no SNI');
    await daemon.line(/Server name: 127\.0\.0\.1 \(address: /, { from });
    client.destroy();
    await isRefused('by-wrong-address', 'HELO x\r\n', 'certificate verify failed');
  });

  test('pin: the first key is kept, the same goes on, another is refused', async () => {
    const arrives = async (): Promise<void> => {
      const client = await open('pins');
      client.write('HELO x\r\n');
      assert.equal((await readExactly(await arrival(keys[0]), 8)).toString(), 'HELO x\r\n');
      client.destroy();
    };
    const from = daemon.lines.length;
    await arrives();
    await daemon.line(/PIN: Key sha256:[A-Za-z0-9+/]{43}= of 127.0.0.1:\d+ trusted on first use/, { from });
    const pins = readFileSync(join(daemon.folder, 'state/pins'), 'utf8');
    assert.equal(pins.split('\n').length, 2);
    await arrives();
    changedKey = true;
    await isRefused('pins', 'HELO x\r\n', /PIN: 127.0.0.1:\d+ shows the key sha256:.+, pinned is sha256:/);
    assert.equal(readFileSync(join(daemon.folder, 'state/pins'), 'utf8'), pins);
    changedKey = false;
    writeFileSync(join(daemon.folder, 'state/pins'), 'spoilt\n');
    await isRefused('pins', 'HELO x\r\n', 'PIN: The pin store cannot be used');
  });
});

suite('the map', () => {
  test('names by address, without a look at the client', async () => {
    const { client, upstream } = await reaches('map', request('a.example.test'));
    assert.equal(upstream.servername, 'mapped.example.test');
    client.destroy();
  });

  test('comes where nameSources puts it', async () => {
    const first = await reaches('both', request('a.example.test'));
    assert.equal(first.upstream.servername, 'a.example.test');
    const second = await reaches('both', 'HELO x\r\n');
    assert.equal(second.upstream.servername, 'mapped.example.test');
    for (const { client } of [first, second]) client.destroy();
  });
});

suite('a client that speaks TLS already', () => {
  for (const name of ['pass', 'pass-with-map']) {
    test(`${name}: reaches the far end untouched`, async () => {
      const from = daemon.lines.length;
      const raw = await open(name);
      const client = connectTls({ socket: raw, servername: 'b.example.test', ca: authority().certificate });
      t.after(() => void client.destroy());
      const upstream = await arrival();
      assert.equal(upstream.servername, 'b.example.test');
      client.write('ping');
      assert.equal((await readExactly(upstream, 4)).toString(), 'ping');
      await daemon.line('Client speaks TLS: handed through, not verified by us (b.example.test)', { from });
      client.destroy();
    });
  }

  test('refuse', async () => {
    const raw = await open('refuse');
    const client = connectTls({ socket: raw, servername: 'b.example.test', ca: authority().certificate });
    assert.notEqual(await ending(client), 'closed');
    await daemon.line('The client speaks TLS itself, which this service refuses (alreadyTls)');
  });

  test('wrap: TLS inside TLS, named as the inner one', async () => {
    const raw = await open('wrap');
    const client = connectTls({ socket: raw, servername: 'b.example.test', ca: authority().certificate });
    client.on('error', () => {});
    t.after(() => void client.destroy());
    const upstream = await arrival();
    assert.equal(upstream.servername, 'b.example.test');
    assert.equal((await readExactly(upstream, 1))[0], 22);
  });
});

/** The first bytes of real clients, and of a player that insists on a signed answer. */
function rtmpClients(): ReadonlyMap<string, Buffer> {
  const recorded = flightsOf('rtmp').filter(({ host }) => host === RTMP_HOST);
  const flash = (layout: DigestLayout): [string, Buffer] => {
    const connect = chunked([message({ payload: connectPayload({ app: 'live', tcUrl: `rtmp://${RTMP_HOST}/live` }) })]);
    const openings = [signedOpening('player', layout, [32, 0, 0, 171]), Buffer.alloc(1536, 0x22)];
    return [`Flash, signing at byte ${layout}`, Buffer.concat([Buffer.of(3), ...openings, connect])];
  };
  return new Map([...recorded.map(({ file, bytes }): [string, Buffer] => [file, bytes]), flash(8), flash(772)]);
}

suite('RTMP', () => {
  const clients = rtmpClients();

  async function publish(name: string, flight: Buffer): Promise<Socket> {
    const client = await open(name);
    const opening = flight.subarray(0, 1537);
    client.write(opening);
    const answer = await readExactly(client, 3073);
    assert.equal(answer[0], 3);
    const digest = digestOf(opening.subarray(1), 'player');
    if (digest === undefined) assert.deepEqual(answer.subarray(1537), opening.subarray(1));
    else {
      assert.ok(digestOf(answer.subarray(1, 1537), 'server'), 'S1 is signed');
      assert.ok(answers(answer.subarray(1537), digest, 'server'), 'S2 answers C1');
    }
    client.write(flight.subarray(1537));
    return client;
  }

  function digestOf(opening: Buffer, by: RtmpSigner): Buffer | undefined {
    return digestIn(opening, 8, by) ?? digestIn(opening, 772, by);
  }

  /** Plays the server's half of the handshake, signed for who signs, and looks at the client's. */
  async function serve(upstream: TLSSocket, flight: Buffer, behind: Buffer = Buffer.alloc(0)): Promise<void> {
    const opening = flight.subarray(0, 1537);
    assert.deepEqual(await readExactly(upstream, 1537), opening);
    const signs = digestOf(opening.subarray(1), 'player') !== undefined;
    const s1 = signs ? signedOpening('server', 8, [5, 0, 17, 1]) : S1;
    upstream.write(Buffer.concat([Buffer.of(3), s1, opening.subarray(1), behind]));
    const c2 = await readExactly(upstream, 1536);
    if (signs) assert.ok(answers(c2, digestOf(s1, 'server') as Buffer, 'player'), 'C2 answers S1');
    else assert.deepEqual(c2, s1);
  }

  for (const [who, flight] of clients) {
    test(`${who}: is answered, named by its tcUrl, and repeated to the upstream`, async () => {
      const client = await publish('names', flight);
      const upstream = await arrival();
      assert.equal(upstream.servername, RTMP_HOST);
      await serve(upstream, flight, Buffer.from('right behind'));
      assert.deepEqual(await readExactly(upstream, flight.length - 3073), flight.subarray(3073));
      assert.equal((await readExactly(client, 12)).toString(), 'right behind');
      upstream.write('later');
      assert.equal((await readExactly(client, 5)).toString(), 'later');
      client.write('media');
      assert.equal((await readExactly(upstream, 5)).toString(), 'media');
      client.destroy();
    });

    for (const [name, url] of [
      ['rewrite', 'rtmp://real.example.test/other'],
      ['rewrite-auto', 'rtmp://127.0.0.1:'],
    ] as const) {
      test(`${who}, ${name}: the upstream hears another tcUrl`, async () => {
        const client = await publish(name, flight);
        const upstream = await arrival();
        assert.equal(upstream.servername, 'a.example.test');
        await serve(upstream, flight);
        client.end();
        const heard = findMessage(await collect(upstream), COMMANDS);
        const command = heard.kind === 'found' ? readConnect(heard.message) : heard;
        assert.ok(command.kind === 'connect', command.kind);
        assert.ok(command.fields.tcUrl?.text.startsWith(url) === true, command.fields.tcUrl?.text ?? 'none');
      });
    }
  }

  const [flight] = clients.values();
  assert.ok(flight !== undefined);

  test('whose upstream speaks something else is reset', async () => {
    const client = await publish('names', flight);
    const upstream = await arrival();
    upstream.write(Buffer.alloc(3073, 9));
    assert.equal(await ending(client), 'ECONNRESET');
    await daemon.line('The upstream answered the handshake in a way its client was not told');
  });

  test('whose upstream goes away in the handshake is reset', async () => {
    const client = await publish('names', flight);
    (await arrival()).end('short');
    assert.equal(await ending(client), 'ECONNRESET');
    await daemon.line('The upstream ended the connection in the middle of the negotiation');
  });

  test('RTMPE, let alone: rtmpRewrite says that this is why it changes nothing', async () => {
    const [encrypted] = flightsOf('rtmp').filter(({ file }) => file === 'rtmpe-librtmp.bin');
    assert.ok(encrypted !== undefined);
    const client = await open('rewrite');
    client.write(encrypted.bytes);
    const upstream = await arrival();
    assert.deepEqual(await readExactly(upstream, encrypted.bytes.length), encrypted.bytes);
    await daemon.line('The RTMP client is passed on as it is: the client speaks RTMPE, which cannot be read');
    client.destroy();
  });
});

suite('SOCKS 5', () => {
  test('is answered in the proxy’s place, named by its target, and the proxy is asked the same', async () => {
    const client = await open('names');
    client.write(Buffer.of(5, 2, 0, 1));
    assert.deepEqual(await readExactly(client, 2), Buffer.of(5, 0));
    const target = Buffer.concat([Buffer.of(5, 1, 0, 3, 14), Buffer.from('d.example.test'), Buffer.of(0, 80)]);
    client.write(target);
    const upstream = await arrival();
    assert.equal(upstream.servername, 'd.example.test');
    assert.deepEqual(await readExactly(upstream, 4), Buffer.of(5, 2, 0, 1));
    upstream.write(Buffer.of(5, 0));
    assert.deepEqual(await readExactly(upstream, target.length), target);
    upstream.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
    assert.equal((await readExactly(client, 10))[1], 0);
    client.destroy();
  });
});

test('in the end nothing is held', async () => {
  for (const socket of opened) socket.destroy();
  await daemon.stop();
});
