// Tests: src/names/dns/open-sockets.ts
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { suite, test } from 'node:test';
import type { Answer } from 'dns-packet';
import { decode, encode, streamEncode } from 'dns-packet';
import { bindDns } from '../../../src/daemon/dns.ts';
import { Forwarder } from '../../../src/names/dns/forwarder.ts';
import { DnsMemory } from '../../../src/names/dns/memory.ts';
import type { DnsSockets } from '../../../src/names/dns/open-sockets.ts';
import { openDnsSockets } from '../../../src/names/dns/open-sockets.ts';
import type { Resolver } from '../../../src/names/dns/resolvers.ts';
import { eventually, within } from '../../support/eventually.ts';
import { closedPort } from '../../support/net/tcp.ts';
import type { DnsReply, DnsScript } from '../../support/peers/dns-server.ts';
import { startDnsServer } from '../../support/peers/dns-server.ts';

type Ending = { after(end: () => void | Promise<void>): void };

interface Set {
  readonly memory: DnsMemory;
  readonly port: number;
  readonly warnings: string[];
  readonly asked: readonly string[];
  ask(name: string, type?: 'A' | 'AAAA' | 'TXT'): Promise<Buffer>;
  askTcp(...names: string[]): Promise<Buffer>;
}

const a = (data: string, name = 'www.example.org'): Answer => ({ type: 'A', name, data, ttl: 60 });

async function listenDns(): Promise<DnsSockets & { readonly port: number }> {
  const { udp, tcp, port } = bindDns({ address: '127.0.0.1', port: 0 });
  return { ...(await openDnsSockets('127.0.0.1', udp.fd(), tcp.fd())), port };
}

async function open(
  t: Ending,
  script: DnsScript,
  more: (own: Resolver, real: Resolver) => readonly Resolver[] = (_, real) => [real],
): Promise<Set> {
  const server = await startDnsServer(script);
  const sockets = await listenDns();
  const memory = new DnsMemory();
  const warnings: string[] = [];
  const resolvers = more({ address: '127.0.0.1', port: sockets.port }, server);
  const forwarder = new Forwarder({ memory, resolvers: () => resolvers, warn: (text) => warnings.push(text) });
  forwarder.serveUdp(sockets.udp);
  forwarder.serveTcp(sockets.tcp);
  t.after(async () => {
    forwarder.close();
    await server.close();
  });
  return {
    memory,
    port: sockets.port,
    warnings,
    asked: server.asked,
    ask: async (name, type = 'A') => {
      const socket = dgram.createSocket('udp4');
      t.after(() => void socket.close());
      socket.send(encode({ type: 'query', id: 4711, flags: 256, questions: [{ type, name }] }), sockets.port, '127.0.0.1');
      const [message] = (await within('a DNS answer', once(socket, 'message'))) as [Buffer];
      assert.equal(message.readUInt16BE(0), 4711);
      return message;
    },
    askTcp: async (...names) => {
      const socket = net.connect(sockets.port, '127.0.0.1');
      t.after(() => void socket.destroy());
      for (const name of names) socket.write(streamEncode({ type: 'query', id: 4711, flags: 256, questions: [{ type: 'A', name }] }));
      let bytes = Buffer.alloc(0);
      const done = new Promise<Buffer>((resolve, reject) => {
        socket.on('error', reject);
        socket.on('data', (chunk: Buffer) => {
          bytes = Buffer.concat([bytes, chunk]);
          let [offset, messages] = [0, 0];
          while (offset + 2 <= bytes.length && offset + 2 + bytes.readUInt16BE(offset) <= bytes.length) {
            offset += 2 + bytes.readUInt16BE(offset);
            messages++;
          }
          if (messages === names.length) resolve(bytes.subarray(2));
        });
      });
      return within('DNS answers over TCP', done);
    },
  };
}

suite('the DNS forwarder', () => {
  test('passes answers on unchanged and remembers who was told what', async (t) => {
    const said = encode({
      type: 'response',
      id: 0,
      flags: 0x80,
      questions: [{ type: 'A', name: 'www.example.org' }],
      answers: [{ type: 'CNAME', name: 'www.example.org', data: 'cdn.example', ttl: 9 }, a('192.0.2.1', 'cdn.example')],
    });
    const { ask, memory } = await open(t, () => ({ answers: decode(said).answers ?? [] }));
    const answer = decode(await ask('www.example.org'));
    assert.deepEqual(
      answer.answers?.map((each) => 'data' in each && each.data),
      ['cdn.example', '192.0.2.1'],
    );
    assert.deepEqual(memory.nameFor('127.0.0.1', '192.0.2.1'), { kind: 'one', name: 'www.example.org' });
  });

  const replies: [what: string, reply: DnsReply, flags: number][] = [
    ['NXDOMAIN', { rcode: 3 }, 3],
    ['SERVFAIL', { rcode: 2 }, 2],
    ['an empty answer', {}, 0],
    ['a truncated answer', { truncated: true }, 0x200],
  ];
  for (const [what, reply, flags] of replies) {
    test(`${what} is passed on and teaches nothing`, async (t) => {
      const { ask, memory } = await open(t, () => reply);
      const message = await ask('www.example.org');
      assert.equal(message.readUInt16BE(2) & 0x20f, flags);
      assert.equal(memory.size, 0);
    });
  }

  test('a thousand addresses over TCP, where one question follows another on a connection', async (t) => {
    const many = Array.from({ length: 1000 }, (_, index) => a(`10.0.${index >> 8}.${index & 255}`));
    const { askTcp, memory } = await open(t, (name) => ({ answers: name === 'www.example.org' ? many : [a('192.0.2.5', name)] }));
    const first = decode(await askTcp('www.example.org', 'other.example'));
    assert.ok((first.answers?.length ?? 0) > 0);
    assert.deepEqual(memory.nameFor('127.0.0.1', '192.0.2.5'), { kind: 'one', name: 'other.example' });
    assert.deepEqual(memory.nameFor('127.0.0.1', '10.0.0.255'), { kind: 'one', name: 'www.example.org' });
    assert.equal(memory.size, 257);
  });

  test('a name whose address changes is known at both', async (t) => {
    let count = 0;
    const { ask, memory } = await open(t, () => ({ answers: [a(`192.0.2.${++count}`)] }));
    await ask('www.example.org');
    await ask('www.example.org');
    assert.equal(memory.nameFor('127.0.0.1', '192.0.2.1').kind, 'one');
    assert.equal(memory.nameFor('127.0.0.1', '192.0.2.2').kind, 'one');
  });

  test('a slow question holds up no other', async (t) => {
    const { ask } = await open(t, (name) => (name === 'slow.example' ? undefined : { answers: [a('192.0.2.1', name)] }));
    const slow = ask('slow.example');
    for (let count = 0; count < 50; count++) await ask('quick.example');
    const failure = decode(await slow) as ReturnType<typeof decode> & { rcode?: string };
    assert.equal(failure.rcode, 'SERVFAIL');
  });

  test('says so once when no server answers, and answers with a failure', async (t) => {
    const { ask, warnings } = await open(
      t,
      () => undefined,
      () => [],
    );
    assert.equal((await ask('www.example.org')).readUInt16BE(2) & 15, 2);
    await ask('www.example.org');
    assert.deepEqual(warnings, ['DNS forwarder: there is no name server to ask; name one in /etc/resolv.conf']);
  });

  test('names the servers that do not answer', async (t) => {
    const port = await closedPort();
    const nobody = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, port }));
    const { ask, warnings } = await open(
      t,
      () => undefined,
      () => nobody,
    );
    assert.equal((await ask('www.example.org')).readUInt16BE(2) & 15, 2);
    assert.deepEqual(warnings, [
      'DNS forwarder: no answer from 127.0.0.1, 127.0.0.2; see whether a name server can be reached there, or correct /etc/resolv.conf',
    ]);
  });

  test('never asks itself', async (t) => {
    const { ask, asked } = await open(
      t,
      () => ({ answers: [a('192.0.2.1')] }),
      (own, real) => [own, real],
    );
    await ask('www.example.org');
    assert.deepEqual(asked, ['A www.example.org']);
  });

  test('drops what is no question', async (t) => {
    const { port, asked, ask } = await open(t, () => ({ answers: [a('192.0.2.1')] }));
    const socket = dgram.createSocket('udp4');
    t.after(() => void socket.close());
    socket.send(Buffer.alloc(3), port, '127.0.0.1');
    socket.send(encode({ type: 'response', id: 1, questions: [{ type: 'A', name: 'x.example' }] }), port, '127.0.0.1');
    await ask('www.example.org');
    assert.deepEqual(asked, ['A www.example.org']);
  });

  test('keeps a client from taking all the room', async (t) => {
    const silent = await startDnsServer((name) => (name.startsWith('x') ? undefined : { answers: [a('192.0.2.1', name)] }));
    t.after(() => silent.close());
    const sockets = await listenDns();
    const forwarder = new Forwarder({ memory: new DnsMemory(), resolvers: () => [silent], warn: () => undefined });
    t.after(() => forwarder.close());
    forwarder.serveUdp(sockets.udp, { client: '10.0.0.1' });
    forwarder.serveTcp(sockets.tcp, { client: '10.0.0.2' });
    const greedy = dgram.createSocket('udp4');
    t.after(() => void greedy.close());
    const question = (id: number, name: string): Buffer => encode({ type: 'query', id, flags: 256, questions: [{ type: 'A', name }] });
    for (let id = 0; id < 210; id++) greedy.send(question(id, `x${id}.example`), sockets.port, '127.0.0.1');
    await eventually('200 are asked on', () => silent.asked.length >= 200);
    const other = net.connect(sockets.port, '127.0.0.1', () => other.write(streamEncode(decode(question(1, 'y.example')))));
    t.after(() => void other.destroy());
    await within('another client is answered', once(other, 'data'));
    assert.equal(new Set(silent.asked.filter((asked) => asked.startsWith('A x'))).size, 200);
  });

  test('closes with questions open', async (t) => {
    const silent = await startDnsServer(() => undefined);
    t.after(() => silent.close());
    const sockets = await listenDns();
    const forwarder = new Forwarder({ memory: new DnsMemory(), resolvers: () => [silent], warn: () => assert.fail('warned') });
    forwarder.serveUdp(sockets.udp);
    forwarder.serveTcp(sockets.tcp);
    const closed = Promise.all([once(sockets.udp, 'close'), once(sockets.tcp, 'close')]);
    const socket = dgram.createSocket('udp4');
    for (let count = 0; count < 30; count++)
      socket.send(encode({ type: 'query', id: count, questions: [{ type: 'A', name: 'x.example' }] }), sockets.port, '127.0.0.1');
    const connection = net.connect(sockets.port, '127.0.0.1', () =>
      connection.write(streamEncode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'y.example' }] })),
    );
    connection.on('error', () => {});
    while (silent.asked.length < 31) await new Promise((resolve) => setImmediate(resolve));
    const gone = once(connection, 'close');
    forwarder.close();
    await within('everything to close', Promise.all([closed, gone]));
    socket.close();
  });
});
