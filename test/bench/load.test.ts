/** The load generator judges every proxy in the benchmarks, so it must carry what it says and notice what is damaged. */
import assert from 'node:assert/strict';
import type { AddressInfo, Socket } from 'node:net';
import net from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { Backend, buildLoadGenerator, Clients } from '../../bench/load/load.ts';
import { authority, certificate } from '../support/data/certificates.ts';
import { thisMachine } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { sharedFolder } from '../support/temp.ts';

const skip = requires({ linux: true, packages: ['gcc', 'libc6-dev', 'libssl-dev'] });
const MEGABYTE = 2 ** 20;

let program: string | undefined;

/** Clients and a backend; between them nothing, or what the test puts there. */
async function open(t: TestContext, withTls: boolean, between = async (address: string): Promise<string> => address): Promise<Clients> {
  program ??= buildLoadGenerator(sharedFolder());
  const { certFile, keyFile } = certificate('server');
  const backend = await Backend.start({ program, withTls, certFile, keyFile, place: thisMachine, host: '127.0.0.1' });
  const address = await between(backend.address);
  const clients = new Clients({ program, withTls, caFile: authority().certFile, place: thisMachine, address });
  t.after(() => {
    clients.stop();
    backend.stop();
  });
  return clients;
}

/** A proxy that changes one byte, a megabyte and a half into what the server says. */
async function damage(t: TestContext, address: string): Promise<string> {
  const [host = '', port] = address.split(':');
  const sockets: Socket[] = [];
  const proxy = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ host, port: Number(port), allowHalfOpen: true });
    sockets.push(near, far);
    let passed = 0;
    near.on('data', (data: Buffer) => far.write(data)).on('error', () => undefined);
    far.on('error', () => undefined);
    far.on('data', (data: Buffer) => {
      const offset = 1.5 * MEGABYTE - passed;
      if (offset >= 0 && offset < data.length) data.writeUInt8(data.readUInt8(offset) ^ 1, offset);
      passed += data.length;
      near.write(data);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

suite('load generator of the benchmarks', { skip }, () => {
  for (const withTls of [false, true]) {
    const kind = withTls ? 'TLS' : 'plain';

    for (const direction of ['up', 'down'] as const) {
      test(`carries data ${direction} over ${kind} connections, compared and dropped`, async (t) => {
        const clients = await open(t, withTls);
        for (const checked of [true, false]) {
          const transfer = await clients.transfer(direction, 3, 9 * MEGABYTE + 3, checked);
          assert.ok((await transfer()) > 0);
        }
      });
    }

    test(`connects and echoes over ${kind} connections`, async (t) => {
      const clients = await open(t, withTls);
      const full = await clients.connections(20, 2, false);
      assert.equal(full.resumed, 0);
      const resumed = await clients.connections(20, 2, true);
      // Each of the two clients has a first connection without a session.
      assert.ok(withTls ? resumed.resumed >= 0.9 : resumed.resumed === 0, `${resumed.resumed} resumed`);
      const [p50, p99] = await clients.echoes(50, 20_000);
      assert.ok(p50 > 0 && p99 >= p50);
      await clients.idle(3);
      await clients.stalled(3, 'up');
      await clients.stalled(3, 'down');
      assert.ok((await clients.streams(3, 1000, 5, 3)) >= 0.015);
    });
  }

  test('notices one damaged byte', async (t) => {
    const clients = await open(t, false, (address) => damage(t, address));
    const transfer = await clients.transfer('down', 1, 2 * MEGABYTE, true);
    await assert.rejects(transfer(), /what arrived is not what was sent/);
  });

  test('says that the proxy is not there', async (t) => {
    const clients = await open(t, false, async () => '127.0.0.1:1');
    await assert.rejects(clients.connections(1, 1, false), /the proxy cannot be reached/);
  });
});
