/** A dialled leg has what was to be set before it connects, leaves from where it should, fails as its own failure, and leaves nothing. */
// Tests: src/sockets/options.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket as NetSocket } from 'node:net';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import type { SocketOption } from '../../src/config/config.ts';
import { readSocketOption } from '../../src/linux/sockets/socket-options.ts';
import type { Dialling, TcpOrder } from '../../src/sockets/dial.ts';
import { dial } from '../../src/sockets/dial.ts';
import { Socket } from '../../src/sockets/socket.ts';
import { within } from '../support/eventually.ts';
import { closedPort, echo, echoServer, listen } from '../support/net/tcp.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const SETTINGS: readonly SocketOption[] = [
  { name: 'IP_TTL', value: { kind: 'int', value: 77 } },
  { name: 'SO_LINGER', value: { kind: 'linger', on: true, seconds: 3 } },
];

function to(port: number, more: Partial<TcpOrder> = {}): Dialling {
  const order = { local: undefined, source: undefined, settings: [], noDelay: true, tell: () => undefined };
  return dial({ ...order, address: { address: '127.0.0.1', port }, ...more });
}

/** Rejects with the leg's failure. */
function connected({ leg, onConnected }: Dialling): Promise<void> {
  return within(
    'the dial is over',
    new Promise((resolve, reject) => {
      leg.onFailed(reject);
      onConnected(resolve);
    }),
  );
}

async function echoes(dialling: Dialling): Promise<void> {
  const { leg } = dialling;
  await connected(dialling);
  leg.write(Buffer.from('hello'));
  await within('the echo comes', new Promise<void>((resolve) => leg.listen(resolve)));
  assert.equal(leg.take(100)?.toString(), 'hello');
  leg.end('close');
  assert.equal(leg.gone, true);
}

suite('a dialled leg', { skip: requires({ linux: true }) }, () => {
  test('has its options, leaves from where it should, and knows both addresses at once', async (t) => {
    const accepted = Promise.withResolvers<NetSocket>();
    const { port } = await listen(t, accepted.resolve);
    const said: unknown[] = [];
    const dialling = to(port, { settings: SETTINGS, local: '127.0.0.3', tell: (set) => said.push(set) });
    const { local } = dialling.leg;
    await connected(dialling);
    const { descriptor, remote } = dialling.leg;
    const far = await accepted.promise;
    assert.deepEqual(local, { address: '127.0.0.3', port: far.remotePort });
    assert.equal(far.remoteAddress, '127.0.0.3');
    assert.deepEqual(remote, { address: '127.0.0.1', port });
    for (const { name, value } of SETTINGS) assert.deepEqual(readSocketOption(descriptor, name, value.kind), value);
    assert.deepEqual(readSocketOption(descriptor, 'TCP_NODELAY', 'flag'), { kind: 'flag', on: true });
    assert.deepEqual(said, [
      { kind: 'socket-option-set', option: 'IP_TTL', socket: 'remote' },
      { kind: 'socket-option-set', option: 'SO_LINGER', socket: 'remote' },
    ]);
    dialling.leg.end('close');
  });

  test('delays short messages where the service wants that', async (t) => {
    const { port } = await listen(t);
    const dialling = to(port, { noDelay: false });
    await connected(dialling);
    assert.deepEqual(readSocketOption(dialling.leg.descriptor, 'TCP_NODELAY', 'flag'), { kind: 'flag', on: false });
    dialling.leg.end('close');
  });

  test('fails where it is refused, and nothing stays open', async () => {
    const before = Socket.open;
    await assert.rejects(connected(to(await closedPort())), { code: 'ECONNREFUSED', errno: -111, syscall: 'connect' });
    assert.equal(Socket.open, before);
  });

  test('carries bytes over IPv6 and over a Unix socket, which has no addresses', async (t) => {
    const { port } = await echoServer(t, '::1');
    await echoes(to(port, { address: { address: '::1', port } }));
    const path = `${tempFolder(t)}/socket`;
    const server = createServer(echo).listen(path);
    await once(server, 'listening');
    t.after(() => void server.close());
    const dialling = dial({ path });
    assert.deepEqual([dialling.leg.local, dialling.leg.remote], [undefined, undefined]);
    await echoes(dialling);
  });

  test('is none where it fails at once: a missing Unix socket, an address of others, an option', async (t) => {
    const before = Socket.open;
    const { port } = await listen(t);
    assert.throws(() => dial({ path: `${tempFolder(t)}/missing` }), { code: 'ENOENT', syscall: 'connect' });
    assert.throws(() => dial({ path: `/${'x'.repeat(108)}` }), { code: 'ENAMETOOLONG', syscall: 'connect' });
    assert.throws(() => to(port, { local: '192.0.2.1' }), { code: 'EADDRNOTAVAIL', syscall: 'bind' });
    assert.throws(() => to(port, { settings: [{ name: 'SO_BINDTODEVICE', value: { kind: 'text', text: 'none-such' } }] }), {
      code: 'ENODEV',
    });
    assert.equal(Socket.open, before);
  });

  test('that is given up while it connects is closed and says nothing', async (t) => {
    const { port } = await listen(t);
    const before = Socket.open;
    const { leg, onConnected } = to(port);
    leg.onFailed(() => assert.fail('it was given up'));
    onConnected(() => assert.fail('it was given up'));
    leg.end('close');
    leg.end('reset');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(Socket.open, before);
  });
});
