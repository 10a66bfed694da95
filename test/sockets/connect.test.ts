/** Dialling: refused, timed out by its owner, from an address, over a Unix socket, and with what must be set before. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setSocketOption } from '../../src/linux/socket-options.ts';
import { Dial } from '../../src/sockets/connect.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { Socket } from '../../src/sockets/socket.ts';
import { within } from '../support/eventually.ts';
import { Inbox } from '../support/legs.ts';
import { closedPort, echo, echoServer } from '../support/tcp.ts';
import { tempFolder } from '../support/temp.ts';

type Target = ConstructorParameters<typeof Dial>[0];
type Options = ConstructorParameters<typeof Dial>[1];

function connect(target: Target, options: Options = {}): Promise<Socket> {
  return within(
    'the dial is over',
    new Promise((resolve, reject) => {
      const dial: Dial = new Dial(target, options, (error) => (error === undefined ? resolve(dial.socket) : reject(error)));
    }),
  );
}

async function echoes(socket: Socket): Promise<void> {
  const leg = new PlainLeg(socket);
  const inbox = new Inbox(leg);
  leg.write(Buffer.from('hello'));
  await inbox.sees('hello');
  leg.end('close');
}

test('a port where nobody listens is refused, and nothing stays open', async () => {
  const before = Socket.open;
  const port = await closedPort();
  await assert.rejects(connect({ address: '127.0.0.1', port }), { code: 'ECONNREFUSED', syscall: 'connect' });
  assert.equal(Socket.open, before);
});

test('a connected socket knows both addresses, and comes from the one it was told', async (t) => {
  const server = await echoServer(t);
  const socket = await connect({ address: '127.0.0.1', port: server.port }, { local: '127.0.0.7' });
  assert.deepEqual(socket.remote, { address: '127.0.0.1', port: server.port });
  assert.equal(socket.local?.address, '127.0.0.7');
  await echoes(socket);
});

test('IPv6', async (t) => {
  const server = await echoServer(t, '::1');
  const socket = await connect({ address: '::1', port: server.port });
  assert.equal(socket.local?.address, '::1');
  await echoes(socket);
});

test('a Unix socket has no addresses', async (t) => {
  const path = join(tempFolder(t), 'socket');
  const server = createServer(echo).listen(path);
  t.after(() => server.close());
  const socket = await connect({ path });
  assert.equal(socket.remote, undefined);
  await echoes(socket);
  const missing = `${path}-missing`;
  assert.throws(() => new Dial({ path: missing }, {}, () => undefined), { code: 'ENOENT', syscall: 'connect' });
});

test('what is set before connect is set, and what cannot be set ends the attempt', async (t) => {
  const server = await echoServer(t);
  const before = Socket.open;
  let family: unknown;
  const prepare = (fd: number, of: unknown): void => {
    family = of;
    setSocketOption(fd, 'SO_KEEPALIVE', { kind: 'flag', on: true });
  };
  await echoes(await connect({ address: '127.0.0.1', port: server.port }, { prepare }));
  assert.equal(family, 4);
  const refuse = (): never => {
    throw new Error('not this one');
  };
  assert.throws(() => new Dial({ address: '127.0.0.1', port: server.port }, { prepare: refuse }, () => undefined), /not this one/);
  assert.equal(Socket.open, before);
});

test('one that is given up is closed and says nothing', async (t) => {
  const server = await echoServer(t);
  const before = Socket.open;
  const dial = new Dial({ address: '127.0.0.1', port: server.port }, {}, () => assert.fail('it was given up'));
  dial.cancel();
  dial.cancel();
  assert.equal(Socket.open, before);
});
