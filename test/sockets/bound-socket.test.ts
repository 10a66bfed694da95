/** Bound sockets carry what was to be set before they are bound, tell their address, and accept for whoever listens on them. */
// Tests: src/linux/sockets/tcp-socket.ts, src/linux/sockets/unix-socket.ts, src/sockets/listener.ts
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Endpoint } from '../../src/address/endpoint.ts';
import type { SocketOption } from '../../src/config/config.ts';
import { duplicate } from '../../src/linux/libc/descriptors.ts';
import { readSocketOption } from '../../src/linux/sockets/socket-options.ts';
import type { BoundSocket } from '../../src/sockets/bound-socket.ts';
import { bindTcp, bindUnix, takeOver } from '../../src/sockets/bound-socket.ts';
import { DescriptorListener } from '../../src/sockets/listener.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { readExactly } from '../support/net/tcp.ts';
import { requires } from '../support/requirements.ts';
import type { Ending } from '../support/temp.ts';
import { tempFolder } from '../support/temp.ts';

const flag = (name: string, on: boolean): SocketOption => ({ name, value: { kind: 'flag', on } });
const int = (name: string, value: number): SocketOption => ({ name, value: { kind: 'int', value } });
const HERE: Endpoint = { address: '127.0.0.1', port: 0 };

/** Says hello to everybody until `t` ends. */
function greet(t: Ending, bound: BoundSocket): void {
  const listener = new DescriptorListener(bound.fd(), {
    accepted: (socket) => {
      const leg = new PlainLeg(socket);
      leg.write(Buffer.from('hello'), () => leg.end('close'));
    },
    failed: (error) => assert.fail(error),
  });
  t.after(() => listener.close());
}

async function greeting(target: { readonly port: number; readonly host: string } | { readonly path: string }): Promise<string> {
  const dialled = connect(target);
  const text = (await readExactly(dialled, 5)).toString();
  dialled.destroy();
  return text;
}

suite('bound sockets', { skip: requires({ linux: true }) }, () => {
  test('one has its options, tells its port, and accepts', async (t) => {
    const said: unknown[] = [];
    const options = [flag('SO_KEEPALIVE', true), int('TCP_MAXSEG', 800)];
    const bound = bindTcp(HERE, options, (set) => said.push(set));
    const { port } = bound.address() as Endpoint;
    assert.ok(port > 0);
    assert.deepEqual(said, [
      { kind: 'socket-option-set', option: 'SO_KEEPALIVE', socket: 'accept' },
      { kind: 'socket-option-set', option: 'TCP_MAXSEG', socket: 'accept' },
    ]);
    assert.deepEqual(readSocketOption(bound.fd(), 'SO_REUSEADDR', 'flag'), { kind: 'flag', on: true }, 'as it is without any line');
    greet(t, bound);
    assert.equal(await greeting({ port, host: '127.0.0.1' }), 'hello');
  });

  test('the one for all addresses takes both families, whatever the default of the system is', async (t) => {
    const bound = bindTcp({ address: '::', port: 0 });
    const { port } = bound.address() as Endpoint;
    assert.deepEqual(readSocketOption(bound.fd(), 'IPV6_V6ONLY', 'flag'), { kind: 'flag', on: false });
    greet(t, bound);
    for (const host of ['127.0.0.1', '::1']) assert.equal(await greeting({ port, host }), 'hello', host);
  });

  test('a line may take the defaults away', () => {
    const bound = bindTcp(HERE, [flag('SO_REUSEADDR', false)]);
    assert.deepEqual(readSocketOption(bound.fd(), 'SO_REUSEADDR', 'flag'), { kind: 'flag', on: false });
    bound.close();
    const only = bindTcp({ address: '::', port: 0 }, [flag('IPV6_V6ONLY', true)]);
    assert.deepEqual(readSocketOption(only.fd(), 'IPV6_V6ONLY', 'flag'), { kind: 'flag', on: true });
    only.close();
  });

  test('an address that is not here may be bound with IP_FREEBIND', () => {
    const foreign = { address: '192.0.2.1', port: 0 };
    assert.throws(() => bindTcp(foreign, [int('SO_RCVBUF', 8192)]), { code: 'EADDRNOTAVAIL', syscall: 'bind' });
    bindTcp(foreign, [flag('IP_FREEBIND', true)]).close();
  });

  test('what the kernel refuses is said by its name', () => {
    assert.throws(() => bindTcp(HERE, [int('IP_TTL', 4000)]), {
      code: 'EINVAL',
      message: 'setsockopt IP_TTL (accept socket): Invalid argument (22)',
    });
  });

  test('a Unix socket tells its path; one in no folder, or with too long a name, is refused', async (t) => {
    const path = join(tempFolder(t), 'socket');
    const bound = bindUnix(path);
    assert.equal(bound.address(), path);
    greet(t, bound);
    assert.equal(await greeting({ path }), 'hello');
    assert.throws(() => bindUnix(path), { code: 'EADDRINUSE', syscall: 'bind' });
    assert.throws(() => bindUnix(`${path}/in/it`), { code: 'ENOTDIR', syscall: 'bind' });
    assert.throws(() => bindUnix(`/nowhere/${path}`), { code: 'ENOENT', syscall: 'bind' });
    assert.throws(() => bindUnix(`/tmp/${'x'.repeat(108)}`), { code: 'ENAMETOOLONG', syscall: 'bind' });
  });

  test('an inherited one tells its address, does not block, and is not inherited by what we start', (t) => {
    const first = bindTcp(HERE);
    const inherited = takeOver(duplicate(first.fd()));
    t.after(() => {
      first.close();
      inherited.close();
    });
    assert.deepEqual(inherited.address(), first.address());
    const name = readlinkSync(`/proc/self/fd/${inherited.fd()}`);
    const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
    assert.ok(!stdout.includes(name));
  });
});
