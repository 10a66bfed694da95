/** A TLS leg as the relay sees it, our own at both ends and OpenSSL's programs at the other. */
// Tests: src/openssl/connection/connection.ts, src/openssl/connection/connection-input.ts, src/openssl/context/facts.ts, src/openssl/connection/input.ts, src/openssl/library/memory.ts, src/openssl/context/peer.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import tls from 'node:tls';
import type { Pointer } from '../../../src/native/binding.ts';
import { copyTo } from '../../../src/native/binding.ts';
import { TlsLeg } from '../../../src/openssl/connection/tls-leg.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import { PlainLeg } from '../../../src/sockets/plain-leg.ts';
import { poller } from '../../../src/sockets/poller.ts';
import { Socket } from '../../../src/sockets/socket.ts';
import { authority, certificate } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { CutWire } from '../../support/net/cut-wire.ts';
import {
  acceptAll,
  acceptSockets,
  clientContext,
  dialSocket,
  handshake,
  Inbox,
  identityOf,
  judgeChain,
  nothingIsLeft,
  plainPair,
  serverContext,
  socketPair,
  tlsPair,
} from '../../support/net/legs.ts';
import { dial } from '../../support/net/tcp.ts';
import { startOpensslClient, startOpensslServer } from '../../support/peers/openssl.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const MEGABYTE = 1024 * 1024;

for (const version of VERSIONS) {
  const both = { minVersion: version, maxVersion: version };

  test(`${version}: bytes both ways, large ones too, and an end of each direction by itself`, async (t) => {
    const { server, client } = await tlsPair(
      t,
      { context: serverContext(t, both), judge: acceptAll },
      { context: clientContext(t, both), judge: judgeChain, serverName: 'localhost' },
    );
    assert.equal(server.failure, undefined);
    assert.equal(client.failure, undefined);
    const [atServer, atClient] = [new Inbox(server.leg), new Inbox(client.leg)];
    client.leg.write(Buffer.from('from the client'));
    await atServer.sees('from the client');
    client.leg.finish();
    assert.equal(await atServer.over(), 'whole');
    const large = Buffer.alloc(16 * MEGABYTE + 17, 'pattern');
    let sent = false;
    server.leg.write(large, () => {
      sent = true;
    });
    await nextTurn();
    assert.equal(sent, false, 'the kernel does not take as much at once');
    await eventually('all of it arrives', () => atClient.bytes.length === large.length, { every: 5 });
    assert.ok(atClient.bytes.equals(large));
    assert.equal(sent, true);
    server.leg.end('close');
    assert.equal(await atClient.over(), 'whole');
  });

  test(`${version}: of records that arrive in pieces none is left lying, whatever their lengths and wherever they are cut`, async (t) => {
    for (const lengths of [
      [1000, 3000, 4000],
      [300, 200, 16_384, 16_384, 50],
      [1000, 16_384, 2000, 2000],
    ]) {
      const { client, server, wire } = await throughPieces(t, both);
      const inbox = new Inbox(server);
      client.write('begun');
      await inbox.sees('begun');
      wire.hold();
      for (const length of lengths) await new Promise((sent) => client.write(Buffer.alloc(length), sent));
      const first = lengths[0] as number;
      void wire.release(first + 900); // some of the second record: its rest is read by itself
      await eventually('the first record is there', () => inbox.bytes.length >= 5 + first, { every: 2 });
      void wire.release();
      const all = lengths.reduce((sum, length) => sum + length, 5);
      await eventually(`all ${all} bytes of ${lengths} arrive`, () => inbox.bytes.length === all, { every: 2, within: 5000 });
    }
  });

  test(`${version}: a cut is told from an end, and what the other direction says still goes out`, async (t) => {
    const { server, client, sockets } = await tlsPair(
      t,
      { context: serverContext(t, both), judge: acceptAll },
      { context: clientContext(t, both), judge: acceptAll },
    );
    const [atServer, atClient] = [new Inbox(server.leg), new Inbox(client.leg)];
    client.leg.write(Buffer.from('not all of it'));
    sockets.client.shutdownWrite(); // FIN below TLS
    await atServer.sees('not all of it');
    assert.equal(await atServer.over(), 'cut');
    server.leg.write(Buffer.from('still heard'));
    server.leg.end('close');
    await atClient.sees('still heard');
    assert.equal(await atClient.over(), 'whole');
  });

  test(`${version}: a reset is a failure with the system's words`, async (t) => {
    const { server, client } = await tlsPair(
      t,
      { context: serverContext(t, both), judge: acceptAll },
      { context: clientContext(t, both), judge: acceptAll },
    );
    const atServer = new Inbox(server.leg);
    client.leg.end('reset');
    assert.match(await atServer.over(), /Connection reset by peer \(104\)/);
    assert.ok(server.leg.gone);
  });

  test(`${version}: new keys in the middle of a stream`, async (t) => {
    const { server, client } = await tlsPair(
      t,
      { context: serverContext(t, both), judge: acceptAll },
      { context: clientContext(t, both), judge: acceptAll },
    );
    const [atServer, atClient] = [new Inbox(server.leg), new Inbox(client.leg)];
    client.leg.write(Buffer.from('before'));
    assert.equal(client.leg.updateKeys(), version === 'TLSv1.3');
    client.leg.write(Buffer.from(' and after'));
    await atServer.sees('before and after');
    server.leg.write(Buffer.from('answer'));
    await atClient.sees('answer');
  });

  if (version === 'TLSv1.3')
    for (const mode of ['client', 'server'] as const)
      test(`${version}, ${mode} mode: behind our end the peer asks for new keys, and what it sends then arrives`, async (t) => {
        const { server, client } = await tlsPair(
          t,
          { context: serverContext(t, both), judge: acceptAll },
          { context: clientContext(t, both), judge: acceptAll },
        );
        const [ours, peer] = mode === 'client' ? [client.leg, server.leg] : [server.leg, client.leg];
        const [atPeer, atOurs] = [new Inbox(peer), new Inbox(ours)];
        ours.finish();
        assert.equal(await atPeer.over(), 'whole');
        for (const part of ['one', 'two', 'three']) {
          assert.ok(peer.updateKeys());
          peer.write(Buffer.from(part));
          await atOurs.sees(part);
        }
        peer.finish();
        assert.equal(await atOurs.over(), 'whole');
      });

  test(`${version}: openssl s_client against our server; what was read before TLS is read by TLS`, async (t) => {
    const before = { sockets: Socket.open, connections: handlesAlive('connection') };
    const server = serverContext(t, both);
    let inbox: Inbox | undefined;
    const port = acceptSockets(t, (socket) => {
      const plain = new PlainLeg(socket);
      const stop = plain.listen(() => {
        stop();
        plain.giveBack(plain.take(3) ?? Buffer.alloc(0));
        const { socket: same, unread } = plain.handOver();
        const leg = new TlsLeg(same, { context: server, judge: acceptAll, unread });
        leg.handshake((failure) => {
          assert.equal(failure, undefined);
          inbox = new Inbox(leg);
        });
      });
    });
    const client = startOpensslClient(`127.0.0.1:${port}`, ['-CAfile', authority().certFile, '-verify_return_error', '-quiet']);
    client.write('through s_client\n');
    await eventually('our server hears it', () => inbox?.text.includes('through s_client'));
    inbox?.leg.write(Buffer.from('and back\n'));
    await client.saw(/and back/);
    inbox?.leg.end('close');
    await client.finished;
    await nothingIsLeft(before);
  });

  test(`${version}: our client against openssl s_server`, async (t) => {
    const { certFile, keyFile } = certificate('server');
    const server = await startOpensslServer(certFile, keyFile, [version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3']);
    t.after(() => server.program.stop());
    const leg = new TlsLeg(await dialSocket(server.port), { context: clientContext(t), judge: judgeChain, serverName: 'localhost' });
    t.after(() => leg.end('close'));
    assert.equal((await handshake(leg)).failure, undefined);
    assert.equal(leg.agreed.version, version);
    const inbox = new Inbox(leg);
    leg.write(Buffer.from('to s_server\n'));
    await server.program.saw(/to s_server/);
    server.program.write('from s_server\n');
    await inbox.sees('from s_server');
  });
}

test('facts of a handshake: version, cipher, group, chains, names, protocol, keying material', async (t) => {
  const { server, client } = await tlsPair(
    t,
    { context: serverContext(t, { alpn: ['h2', 'http/1.1'], verify: 'require' }), judge: judgeChain },
    {
      context: clientContext(t, { alpn: ['http/1.1'], groups: 'X25519', identities: [identityOf('client')] }),
      judge: judgeChain,
      serverName: 'localhost',
    },
  );
  assert.equal(server.failure, undefined);
  assert.equal(client.failure, undefined);
  for (const { leg } of [server, client]) {
    assert.equal(leg.agreed.version, 'TLSv1.3');
    assert.equal(leg.agreed.cipher.standardName, 'TLS_AES_256_GCM_SHA384');
    assert.equal(leg.agreed.cipher.bits, 256);
    assert.match(leg.agreed.group, /x25519/i);
    assert.equal(leg.agreed.peerTemporaryKey?.bits, 253);
    assert.equal(leg.agreed.alpn, 'http/1.1');
    assert.equal(leg.agreed.serverName, 'localhost');
    assert.equal(leg.agreed.resumed, false);
    assert.equal(leg.agreed.sentChain.length, 2, 'the library adds the issuer it knows');
    assert.equal(leg.agreed.verifiedChain.length, 2);
  }
  assert.deepEqual(server.leg.agreed.export('test', 32), client.leg.agreed.export('test', 32));
  assert.deepEqual(server.leg.agreed.finished.ours, client.leg.agreed.finished.theirs);
});

test('what is asked of a leg that has ended throws; ending it twice does nothing', async (t) => {
  const { client } = await tlsPair(t, { context: serverContext(t), judge: acceptAll }, { context: clientContext(t), judge: acceptAll });
  client.leg.end('close');
  client.leg.end('reset');
  assert.throws(() => client.leg.agreed.version, /a freed connection was used/);
  assert.throws(() => client.leg.agreed.certificate, /a freed connection was used/);
  const failure = await new Promise((resolve) => client.leg.write(Buffer.from('nobody hears this'), resolve));
  assert.match(String(failure), /Broken pipe/);
});

test('a peer that leaves in the handshake, one that speaks no TLS, and one that waits for ever', async (t) => {
  const [accepted, dialled] = await socketPair(t);
  const leg = new TlsLeg(accepted, { context: serverContext(t), judge: acceptAll });
  const outcome = handshake(leg);
  dialled.close('close');
  assert.match(String((await outcome).failure), /Peer suddenly disconnected/);
  const [second, other] = await socketPair(t);
  const plain = new PlainLeg(other);
  t.after(() => plain.end('close'));
  const refused = handshake(new TlsLeg(second, { context: serverContext(t), judge: acceptAll }));
  plain.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  assert.match(String((await refused).failure), /http request|wrong version number/);
});

test('a server that says nothing but HelloRequest has its part of a turn, and no more', async (t) => {
  const [dialled, far] = await plainPair(t);
  const { socket } = dialled.handOver();
  const always = Buffer.concat([Buffer.from([22, 3, 3, 0x3f, 0xfb]), Buffer.alloc(0x3ffb)]);
  let reads = 0;
  // as if there were always as many there as are asked for
  const read = socket.read.bind(socket);
  socket.read = (into, length) => {
    reads += 1;
    if (reads > 100) return read(into, length);
    assert.equal(length, always.length);
    copyTo(into as Pointer, always);
    return length;
  };
  socket.unread = true;
  const leg = new TlsLeg(socket, { context: clientContext(t), judge: acceptAll });
  const outcome = handshake(leg);
  const [seen, turns]: [number[], number] = [[], 12];
  await new Promise<void>((resolve) => {
    const beside = {
      run: (): void => {
        seen.push(reads);
        if (seen.length < turns) poller.inLine(beside);
        else resolve();
      },
    };
    poller.inLine(beside);
  });
  assert.deepEqual(seen.slice(0, 3), [1, 2, 3], 'reads until it was the turn of somebody else');
  await eventually('it has gone on', () => reads > 100, { every: 2 });
  far.end('reset');
  assert.match(String((await outcome).failure), /reset/);
});

/** A TLS client of the runtime at a leg of ours, with a wire between that gives what the client sends in pieces. */
async function throughPieces(t: TestContext, { minVersion, maxVersion }: { readonly minVersion: string; readonly maxVersion: string }) {
  const accepted = Promise.withResolvers<Socket>();
  const far = await dial(t, acceptSockets(t, accepted.resolve));
  const wire = new CutWire(far);
  const server = new TlsLeg(await accepted.promise, { context: serverContext(t, { minVersion, maxVersion }), judge: acceptAll });
  t.after(() => server.end('reset'));
  const versions = { minVersion, maxVersion } as Pick<tls.ConnectionOptions, 'minVersion' | 'maxVersion'>;
  const client = tls.connect({ socket: wire, rejectUnauthorized: false, ...versions });
  t.after(() => client.destroy());
  const [{ failure }] = await Promise.all([handshake(server), once(client, 'secureConnect')]);
  assert.equal(failure, undefined);
  return { client, server, wire };
}
