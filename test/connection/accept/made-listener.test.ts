/** Listening sockets made by hand carry what was to be set before they are bound, and behave like Node's own otherwise. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { suite, test } from 'node:test';
import type { SocketOption } from '../../../src/config/config.ts';
import { bindWithSettings, MadeListener } from '../../../src/connection/accept/made-listener.ts';
import { descriptorOf } from '../../../src/linux/sockets/descriptor.ts';
import { readSocketOption } from '../../../src/linux/sockets/socket-options.ts';
import { readExactly } from '../../support/net/tcp.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { requires } from '../../support/requirements.ts';

const flag = (name: string, on: boolean): SocketOption => ({ name, value: { kind: 'flag', on } });
const int = (name: string, value: number): SocketOption => ({ name, value: { kind: 'int', value } });

const silent = (): void => undefined;
const sockets = { accept: [], local: [], remote: [], localNoDelay: true, remoteNoDelay: true } as const;
const withOptions = (accept: readonly SocketOption[]) => serviceConfig({ service: { sockets: { ...sockets, accept } } });

suite('listeners made by hand', { skip: requires({ linux: true }) }, () => {
  test('a listener has its options, tells its port, and accepts', async (t) => {
    const said: string[] = [];
    const config = withOptions([flag('SO_KEEPALIVE', true), int('TCP_MAXSEG', 800)]);
    const made = bindWithSettings({ address: '127.0.0.1', port: 0 }, config, ({ option, socket }) => void said.push(`${option} ${socket}`));
    const { port } = made.address() as AddressInfo;
    assert.ok(port > 0);
    assert.deepEqual(said, ['SO_KEEPALIVE accept', 'TCP_MAXSEG accept']);
    assert.deepEqual(readSocketOption(made.fd(), 'SO_REUSEADDR', 'flag'), { kind: 'flag', on: true }, 'as it is without any line');
    const server = createServer((socket) => socket.end('hello')).listen({ fd: made.fd() });
    await once(server, 'listening');
    t.after(() => void server.close());
    const dialled = connect(port, '127.0.0.1');
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
