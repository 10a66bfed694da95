/** The ClientHello parser on hellos of real clients: whole, at every prefix, across records, and damaged. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import type { ClientHello } from '../../../src/tls/hello/client-hello.ts';
import { MAX_HELLO_BYTES, readClientHello } from '../../../src/tls/hello/client-hello.ts';
import { listen } from '../../support/net/tcp.ts';
import { startOpensslClient } from '../../support/peers/openssl.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';

const NEED_MORE: ClientHello = { kind: 'need-more' };
const NOT_TLS: ClientHello = { kind: 'not-tls' };

/** What Node's client sends first. */
async function captured(t: Ending, options: ConnectionOptions): Promise<Buffer> {
  const hello = firstBytes(t);
  const { port } = await listen(t, (socket) => socket.once('data', (bytes: Buffer) => hello.take(bytes)));
  const socket = connect({ port, host: '127.0.0.1', ...options }).on('error', () => undefined);
  t.after(() => {
    socket.destroy();
  });
  return hello.taken;
}

function firstBytes(_t: Ending) {
  let take: (bytes: Buffer) => void = () => undefined;
  const taken = new Promise<Buffer>((resolve) => {
    take = resolve;
  });
  return { taken, take: (bytes: Buffer) => take(bytes) };
}

/** One handshake message in records of at most `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    parts.push(Buffer.of(22, 3, 1, part.length >> 8, part.length & 0xff), part);
  }
  return Buffer.concat(parts);
}

test('names and ALPN of Node’s client, TLS 1.2 and 1.3', async (t) => {
  const cases: readonly (readonly [ConnectionOptions, ClientHello])[] = [
    [{ servername: 'a.test' }, { kind: 'found', serverName: 'a.test', alpn: [] }],
    [{ servername: 'A.Test.' }, { kind: 'found', serverName: 'A.Test.', alpn: [] }],
    [
      { servername: 'a.test', maxVersion: 'TLSv1.2' },
      { kind: 'found', serverName: 'a.test', alpn: [] },
    ],
    [
      { servername: 'a.test', ALPNProtocols: ['h2', 'http/1.1'] },
      { kind: 'found', serverName: 'a.test', alpn: ['h2', 'http/1.1'] },
    ],
    [{}, { kind: 'no-server-name', alpn: [] }],
    [{ ALPNProtocols: ['mqtt'] }, { kind: 'no-server-name', alpn: ['mqtt'] }],
  ];
  for (const [options, expected] of cases) assert.deepEqual(readClientHello(await captured(t, options)), expected, JSON.stringify(options));
});

test('s_client of OpenSSL', { skip: requires({ packages: ['openssl'] }) }, async (t) => {
  for (const [flags, expected] of [
    [['-servername', 'b.test'], { kind: 'found', serverName: 'b.test', alpn: [] }],
    [['-noservername', '-alpn', 'x'], { kind: 'no-server-name', alpn: ['x'] }],
    [['-servername', 'c.test', '-tls1_2', '-split_send_frag', '512'], { kind: 'found', serverName: 'c.test', alpn: [] }],
  ] as const) {
    const hello = firstBytes(t);
    const { port, server } = await listen(t, (socket) => {
      socket.once('data', (bytes: Buffer) => {
        hello.take(bytes);
        socket.destroy();
      });
    });
    const client = startOpensslClient(`127.0.0.1:${port}`, [...flags], {});
    assert.deepEqual(readClientHello(await hello.taken), expected);
    await client.finished;
    server.close();
    await once(server, 'close');
  }
});

test('every prefix needs more, whatever follows does not matter', async (t) => {
  const hello = await captured(t, { servername: 'a.test' });
  for (let length = 0; length < hello.length; length += 1) {
    assert.deepEqual(readClientHello(hello.subarray(0, length)), NEED_MORE, `${length} of ${hello.length} bytes`);
  }
  const early = Buffer.concat([hello, Buffer.from([23, 3, 3, 0, 5, 1, 2, 3, 4, 5])]);
  assert.equal(readClientHello(early).kind, 'found');
  assert.equal(readClientHello(Buffer.concat([hello, Buffer.from('noise')])).kind, 'found');
});

test('across records of any size, at every prefix', async (t) => {
  const hello = await captured(t, { servername: 'a.test', curves: 'X25519' } as ConnectionOptions);
  for (const size of [1, 2, 3, 4, 5, 64, 511, hello.length]) {
    const split = inRecords(hello, size);
    assert.equal(readClientHello(split).kind, 'found', `records of ${size}`);
    for (let length = 0; length < split.length; length += 7) {
      assert.deepEqual(readClientHello(split.subarray(0, length)), NEED_MORE, `records of ${size}, ${length} bytes`);
    }
  }
});

test('what is no TLS is told from the first byte that shows it', () => {
  for (const text of ['GET / HTTP/1.1\r\n', 'EHLO x\r\n', 'SSH-2.0', '\x16\x02', '\x15\x03', '\x80\x2e\x01\x03\x01']) {
    assert.deepEqual(readClientHello(Buffer.from(text, 'latin1')), NOT_TLS, JSON.stringify(text));
  }
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0, 0])), NOT_TLS, 'an empty record');
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0x40, 1])), NOT_TLS, 'a record that is too long');
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2])), NOT_TLS, 'another handshake message');
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 1])), NOT_TLS, 'longer than any hello');
});

test('a hello that never ends is given up', () => {
  const record = Buffer.concat([Buffer.of(22, 3, 1, 0x3f, 0xff), Buffer.alloc(0x3fff)]);
  const head = Buffer.from(record);
  head.set([1, 0, 0xff, 0xff], 5);
  const endless = Buffer.concat([head, record, record, record, record]);
  assert.ok(endless.length > MAX_HELLO_BYTES);
  assert.notEqual(readClientHello(endless).kind, 'need-more');
  const drops = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.of(22, 3, 1, 0, 1, 1)));
  assert.deepEqual(readClientHello(drops), NOT_TLS);
});

test('damaged hellos: an answer, never an exception', async (t) => {
  const hello = await captured(t, { servername: 'a.test', ALPNProtocols: ['h2'] });
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed % below;
  };
  for (let at = 0; at < hello.length; at += 1) {
    for (const value of [0, 0xff, (hello[at] ?? 0) ^ 1]) {
      const damaged = Buffer.from(hello);
      damaged[at] = value;
      readClientHello(damaged);
    }
  }
  for (let count = 0; count < 20_000; count += 1) {
    const damaged = Buffer.from(hello.subarray(0, random(hello.length) + 1));
    for (let changes = random(8); changes >= 0; changes -= 1) damaged[random(damaged.length)] = random(256);
    readClientHello(damaged);
  }
});
