import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { connect, createServer, Socket } from 'node:net';
import { suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { descriptorOf } from '../../../src/linux/sockets/descriptor.ts';
import { requires } from '../../support/requirements.ts';

async function listening(): Promise<Server> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

suite('the descriptor below a socket', { skip: requires({ linux: true }) }, () => {
  test('is found for a listener, an accepted and a dialled socket', async () => {
    const server = await listening();
    const accepted = once(server, 'connection');
    const dialled = connect(portOf(server), '127.0.0.1');
    await once(dialled, 'connect');
    const [client] = (await accepted) as [Socket];
    const found = [server, client, dialled].map((socket) => readlinkSync(`/proc/self/fd/${descriptorOf(socket)}`));
    assert.equal(new Set(found).size, 3, 'three different sockets');
    for (const link of found) assert.match(link, /^socket:/);
    client.destroy();
    dialled.destroy();
    server.close();
  });

  test("is the TCP socket's for a TLS socket", async () => {
    const server = await listening();
    const secure = connectTls({ host: '127.0.0.1', port: portOf(server) });
    secure.on('error', () => undefined);
    await once(secure, 'connect');
    assert.match(readlinkSync(`/proc/self/fd/${descriptorOf(secure)}`), /^socket:/);
    secure.destroy();
    server.close();
  });

  test('is -1 for a socket that has none', () => {
    assert.equal(descriptorOf(new Socket()), -1);
    const closed = new Socket();
    closed.destroy();
    assert.equal(descriptorOf(closed), -1);
  });
});
