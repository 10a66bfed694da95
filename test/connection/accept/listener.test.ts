/** A listener that finds, when it is about to listen, that somebody else already does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { BoundAddresses } from '../../../src/connection/accept/bound-addresses.ts';
import { ConnectionTable } from '../../../src/connection/accept/connection-table.ts';
import type { Listener } from '../../../src/connection/accept/listener.ts';
import { bindService } from '../../../src/connection/accept/listener.ts';
import { OwnPorts } from '../../../src/connection/dial/own-ports.ts';
import type { Service } from '../../../src/connection/record.ts';
import type { OvercoatEvent } from '../../../src/observe/events.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { requires } from '../../support/requirements.ts';

async function bound(hosts: readonly string[]): Promise<{ listener: Listener; events: OvercoatEvent[]; ownPorts: OwnPorts }> {
  const events: OvercoatEvent[] = [];
  const accept = hosts.map((host) => ({ kind: 'tcp', host, port: 0 }) as const);
  const config = { ...serviceConfig({ service: { name: 's' } }), accept };
  const observe = (event: OvercoatEvent): void => void events.push(event);
  const ownPorts = new OwnPorts();
  const binding = { observe, bound: new BoundAddresses(), inherited: [] };
  // Nobody connects, so nothing else of a service is looked at.
  const tls = { endpoint: { serve: async () => () => undefined } };
  const listener = await bindService({ config, tls, virtualHosts: [] } as unknown as Service, binding, {
    observe,
    connections: new ConnectionTable(),
    ownPorts,
  });
  return { listener, events, ownPorts };
}

/** Listens where a listener is bound only, which the kernel allows. */
async function stealFirst({ addresses }: Listener): Promise<net.Server> {
  const [host = '', port] = (addresses[0] ?? '').split(':');
  const thief = net.createServer().listen(Number(port), host);
  await once(thief, 'listening');
  return thief;
}

test('with another address it serves there, and gives the first up', async () => {
  const { listener, events, ownPorts } = await bound(['127.0.0.1', '127.0.0.2']);
  const [first = '', second = ''] = listener.addresses;
  const thief = await stealFirst(listener);
  await listener.start();
  assert.deepEqual(listener.addresses, [second]);
  assert.deepEqual(events, [
    { kind: 'bind-failed', address: first, text: 'Address already in use', errno: 98, holder: undefined },
    { kind: 'service-bound', address: second },
  ]);
  assert.equal(ownPorts.has(Number(first.split(':')[1])), false);
  await listener.close();
  await listener.close();
  thief.close();
});

test('without another it fails, and can be closed', async () => {
  const { listener } = await bound(['127.0.0.1']);
  const thief = await stealFirst(listener);
  await assert.rejects(listener.start(), {
    code: 'start_bind',
    message: /cannot listen on 127\.0\.0\.1:\d+: Address already in use \(98\); another program/,
  });
  assert.deepEqual(listener.addresses, []);
  await listener.close();
  thief.close();
});

test('one that never listened gives its sockets back', { skip: requires({ linux: true }) }, async () => {
  const before = readdirSync('/proc/self/fd').length;
  const { listener } = await bound(['127.0.0.1', '::1']);
  assert.equal(readdirSync('/proc/self/fd').length, before + 2);
  await listener.close();
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
