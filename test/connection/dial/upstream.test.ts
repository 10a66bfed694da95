/** `redial`: each round dials the addresses that the names of `connect` have by then; where none is known the ones before stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TargetHealth } from '../../../src/connection/dial/target-health.ts';
import { dialUpstream } from '../../../src/connection/dial/upstream.ts';
import { Life } from '../../../src/connection/life/life.ts';
import type { Named, Service } from '../../../src/connection/record.ts';
import { closedPort, listen } from '../../support/net/tcp.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

const at = (port: number) => ({ kind: 'tcp', host: '127.0.0.1', port, family: 4 }) as const;

test('a target that has moved while the client waits is reached', async (t) => {
  const server = await listen(t);
  const defaults = serviceConfig();
  const config = { ...defaults, connect: [at(1)], limits: { ...defaults.limits, redialMs: 30_000 } };
  const targets = { health: new TargetHealth(), refresh: () => undefined };
  const rounds = [[], [at(server.port)]];
  const named: Named = {
    addresses: [at(await closedPort())],
    serverName: undefined,
    source: 'none',
    again: async () => rounds.shift() ?? [],
  };
  const dialled: string[] = [];
  const life = new Life({ connection: 0, id: '0' }, config, (event) => {
    if (event.kind === 'connecting') dialled.push(event.address);
  });
  const { address, leg } = await dialUpstream(named, { config, targets } as unknown as Service, life);
  assert.deepEqual(address, at(server.port));
  const [first] = dialled;
  assert.deepEqual(dialled, [first, first, `127.0.0.1:${server.port}`]);
  leg.end('close');
  life.end({ kind: 'finished' });
});
