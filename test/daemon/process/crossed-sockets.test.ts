import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { suite, test } from 'node:test';
import { crossedSockets } from '../../../src/daemon/process/crossed-sockets.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';

function bound(t: Ending): { readonly fd: number; readonly port: number } {
  const socket = new net.BoundSocket({ host: '127.0.0.1', port: 0 });
  t.after(() => socket.close());
  return { fd: socket.fd(), port: (socket.address() as AddressInfo).port };
}

const service = (name: string, host: string, port: number) => serviceConfig({ service: { name, accept: [{ kind: 'tcp', host, port }] } });

suite('sockets of systemd that are given to another line than the one they are bound for', { skip: requires({ linux: true }) }, () => {
  test('are named, each with both services', (t) => {
    const [a, b] = [bound(t), bound(t)];
    const services = [service('one', '127.0.0.1', a.port), service('two', '', b.port)];
    assert.deepEqual(crossedSockets([a.fd, b.fd], services), []);
    assert.deepEqual(crossedSockets([b.fd, a.fd], services), [
      `systemd's socket at 127.0.0.1:${b.port} is given to [one], and is what [two] accepts at: put ListenStream= in the order of the accept lines`,
      `systemd's socket at 127.0.0.1:${a.port} is given to [two], and is what [one] accepts at: put ListenStream= in the order of the accept lines`,
    ]);
  });

  test('are not those whose address no line has: the addresses count for nothing', (t) => {
    const { fd, port } = bound(t);
    assert.deepEqual(crossedSockets([fd], [service('one', '127.0.0.9', port), service('two', '127.0.0.1', 1)]), []);
  });

  test('are not those of two services at one address', (t) => {
    const { fd, port } = bound(t);
    assert.deepEqual(crossedSockets([fd], [service('one', '*', port), service('two', '127.0.0.1', port)]), []);
  });
});
