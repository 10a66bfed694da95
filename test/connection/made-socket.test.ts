/** Sockets made by hand carry what was to be set before they are bound or connected, and behave like Node's own otherwise. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import type { SocketOption } from '../../src/config/config.ts';
import { bindWithSettings, dialWithSettings, MadeListener } from '../../src/connection/made-socket.ts';
import { descriptorOf } from '../../src/linux/descriptor.ts';
import { readSocketOption } from '../../src/linux/socket-options.ts';
import { requires } from '../support/requirements.ts';
import { serviceConfig } from '../support/service-config.ts';
import { listen, readExactly } from '../support/tcp.ts';

const flag = (name: string, on: boolean): SocketOption => ({ name, value: { kind: 'flag', on } });
const int = (name: string, value: number): SocketOption => ({ name, value: { kind: 'int', value } });

const silent = (): void => undefined;
const sockets = { accept: [], local: [], remote: [], localNoDelay: true, remoteNoDelay: true } as const;
const withOptions = (accept: readonly SocketOption[], remote: readonly SocketOption[] = []) =>
  serviceConfig({ service: { sockets: { ...sockets, accept, remote } } });

suite('sockets made by hand', { skip: requires({ linux: true }) }, () => {
  test('a listener has its options, tells its port, and accepts', async (t) => {
    const said: string[] = [];
    const config = withOptions([flag('SO_KEEPALIVE', true), int('TCP_MAXSEG', 800)]);
    const made = bindWithSettings({ address: '127.0.0.1', port: 0 }, config, (level, text) => said.push(`${level} ${text}`));
    const { port } = made.address() as AddressInfo;
    assert.ok(port > 0);
    assert.deepEqual(said, ['7 Option SO_KEEPALIVE set on accept socket', '7 Option TCP_MAXSEG set on accept socket']);
    assert.deepEqual(readSocketOption(made.fd(), 'SO_REUSEADDR', 'flag'), { kind: 'flag', on: true }, 'as it is without any line');
    const server = createServer((socket) => socket.end('hello')).listen({ fd: made.fd() });
    await once(server, 'listening');
    t.after(() => void server.close());
    const dialled = dialWithSettings(
      { address: { address: '127.0.0.1', port }, source: undefined, local: undefined, highWaterMark: 65_536 },
      withOptions([]),
      silent,
    );
    assert.equal((await readExactly(dialled, 5)).toString(), 'hello');
    dialled.destroy();
  });

  test('a line may take the default away', () => {
    const made = bindWithSettings({ address: '127.0.0.1', port: 0 }, withOptions([flag('SO_REUSEADDR', false)]), silent);
    assert.deepEqual(readSocketOption(made.fd(), 'SO_REUSEADDR', 'flag'), { kind: 'flag', on: false });
    made.close();
  });

  test('an IPv6 listener may be for IPv6 only', () => {
    const made = bindWithSettings({ address: '::', port: 0 }, withOptions([flag('IPV6_V6ONLY', true)]), silent);
    assert.deepEqual(readSocketOption(made.fd(), 'IPV6_V6ONLY', 'flag'), { kind: 'flag', on: true });
    made.close();
  });

  test('an address that is not here may be bound with IP_FREEBIND', () => {
    const foreign = { address: '192.0.2.1', port: 0 };
    assert.throws(() => bindWithSettings(foreign, withOptions([int('SO_RCVBUF', 8192)]), silent), { code: 'EADDRNOTAVAIL' });
    bindWithSettings(foreign, withOptions([flag('IP_FREEBIND', true)]), silent).close();
  });

  test('what the kernel refuses is said by its name', () => {
    const config = withOptions([int('IP_TTL', 4000)]);
    assert.throws(() => bindWithSettings({ address: '127.0.0.1', port: 0 }, config, silent), {
      code: 'EINVAL',
      message: 'setsockopt IP_TTL (accept socket): Invalid argument (22)',
    });
  });

  test('a dialled socket has its options and leaves from where it should', async (t) => {
    const accepted = Promise.withResolvers<Socket>();
    const { port } = await listen(t, accepted.resolve);
    const config = withOptions([], [int('IP_TTL', 77), { name: 'SO_LINGER', value: { kind: 'linger', on: true, seconds: 3 } }]);
    const socket = dialWithSettings(
      { address: { address: '127.0.0.1', port }, source: undefined, local: '127.0.0.3', highWaterMark: 65_536 },
      config,
      silent,
    );
    await once(socket, 'connect');
    assert.equal((await accepted.promise).remoteAddress, '127.0.0.3');
    assert.deepEqual(readSocketOption(descriptorOf(socket), 'IP_TTL', 'int'), { kind: 'int', value: 77 });
    assert.deepEqual(readSocketOption(descriptorOf(socket), 'SO_LINGER', 'linger'), { kind: 'linger', on: true, seconds: 3 });
    assert.deepEqual(readSocketOption(descriptorOf(socket), 'TCP_NODELAY', 'flag'), { kind: 'flag', on: true });
    socket.destroy();
  });

  test('a refused connection is the error Node has for it', async () => {
    const socket = dialWithSettings(
      { address: { address: '127.0.0.1', port: 1 }, source: undefined, local: undefined, highWaterMark: 65_536 },
      withOptions([]),
      silent,
    );
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
  });

  test('an inherited socket tells its address, or its path', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => void server.close());
    assert.deepEqual(new MadeListener(descriptorOf(server)).address(), {
      address: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
    });
    const path = `/tmp/overcoat-made-${process.pid}`;
    const unix = createServer().listen(path);
    await once(unix, 'listening');
    t.after(() => void unix.close());
    assert.equal(new MadeListener(descriptorOf(unix)).address(), path);
  });
});
