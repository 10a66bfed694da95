/** What a header of version 2 says of the client's TLS, byte by byte, against the real daemon. */
// Tests: src/connection/record.ts, src/connection/talk/proxy-header.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { authority, certificate } from '../support/data/certificates.ts';
import { within } from '../support/eventually.ts';
import { listen, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { tempFolder } from '../support/temp.ts';

/** Type to value of the TLVs in a piece of a header. */
function tlvsOf(bytes: Buffer): Map<number, Buffer> {
  const tlvs = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; at += 3 + bytes.readUInt16BE(at + 1)) {
    tlvs.set(bytes.readUInt8(at), bytes.subarray(at + 3, at + 3 + bytes.readUInt16BE(at + 1)));
  }
  return tlvs;
}

for (const [what, options, peer, flags] of [
  ['a verified certificate', { verifyChain: true, requireCert: true, CAfile: authority().certFile }, certificate('client'), '0300000000'],
  ['a certificate nobody verifies', { verify: 0 }, certificate('client'), '0300000001'],
  ['no certificate', {}, undefined, '0100000001'],
] as const) {
  test(`version 2 with ${what}`, async (t) => {
    const backend = await listen(t);
    const config = serverSection('s', { connect: backend.port, proxySend: 'v2', alpn: 'x-test', ...options });
    const daemon = await startDaemon(t, { config });
    const port = await daemon.port('s');
    const own = peer === undefined ? {} : { cert: peer.certificate, key: peer.key };
    const client = await dialTls(t, port, { servername: 'localhost', ALPNProtocols: ['x-test'], ...own });
    client.write('application data');
    const upstream = await backend.next();
    const fixed = await readExactly(upstream, 16);
    assert.equal(fixed.toString('hex', 0, 14), '0d0a0d0a000d0a515549540a2111');
    const body = await readExactly(upstream, fixed.readUInt16BE(14));
    assert.equal(body.subarray(0, 8).join('.'), '127.0.0.1.127.0.0.1');
    assert.deepEqual([body.readUInt16BE(8), body.readUInt16BE(10)], [client.localPort, port]);
    const tlvs = tlvsOf(body.subarray(12));
    assert.equal(String(tlvs.get(0x01)), 'x-test');
    assert.equal(String(tlvs.get(0x02)), 'localhost');
    const ssl = tlvs.get(0x20) ?? Buffer.alloc(0);
    assert.equal(ssl.toString('hex', 0, 5), flags);
    const inner = tlvsOf(ssl.subarray(5));
    assert.equal(String(inner.get(0x21)), client.getProtocol());
    assert.equal(String(inner.get(0x23)), client.getCipher().name);
    assert.equal(inner.get(0x22)?.toString(), peer === undefined ? undefined : 'client');
    assert.equal(String(await readExactly(upstream, 16)), 'application data');
    client.end();
    upstream.end();
    await daemon.line('Connection closed');
    await daemon.stop();
  });
}

test('over a Unix socket the client is unknown', async (t) => {
  const backend = await listen(t);
  const path = `${tempFolder(t)}/service.sock`;
  const daemon = await startDaemon(t, {
    config: serverSection('s', { accept: path, connect: backend.port, proxySend: 'v1' }),
  });
  const raw = connect(path);
  await within('the socket connects', once(raw, 'connect'));
  const client = connectTls({ socket: raw, servername: 'localhost', ca: authority().certificate });
  t.after(() => {
    client.destroy();
  });
  const upstream = await backend.next();
  assert.equal(String(await readExactly(upstream, 15)), 'PROXY UNKNOWN\r\n');
  client.end();
  upstream.end();
  await daemon.line('Connection closed');
  await daemon.stop();
});
