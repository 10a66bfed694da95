/** A client that comes back: its former target first, and everything else of its destination as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DialledSockets } from '../../../src/connection/dial/dialled-sockets.ts';
import { preferFormerTarget } from '../../../src/connection/dial/former-target.ts';
import type { Life } from '../../../src/connection/life/life.ts';
import type { Destination, Service } from '../../../src/connection/record.ts';
import type { TlsLeg } from '../../../src/tls/engine/engine.ts';

const [first, second] = [1, 2].map((port) => ({ kind: 'tcp', host: '127.0.0.1', port, family: 4 }) as const);

test('the former target comes first, no entry is chosen, and the hops of the connection are still counted', async () => {
  const secured = { resumed: true, session: {} } as unknown as TlsLeg;
  const service = { tls: { formerTargets: { find: async () => '127.0.0.1:2' } } } as unknown as Service;
  const life = { emit: () => undefined } as unknown as Life;
  const loops = { sockets: new DialledSockets(), hops: 3 };
  const destination = { addresses: [first, second], entry: 0, loops } as Destination;
  assert.deepEqual(await preferFormerTarget(destination, secured, service, life), { addresses: [second, first], loops });
});

test('so it does in every round of `redial`, while it is among the addresses', async () => {
  const secured = { resumed: true, session: {} } as unknown as TlsLeg;
  const service = { tls: { formerTargets: { find: async () => '127.0.0.1:2' } } } as unknown as Service;
  const life = { emit: () => undefined } as unknown as Life;
  const rounds = [[first, second], [first]];
  const destination = { addresses: [first, second], again: async () => rounds.shift() ?? [] } as unknown as Destination;
  const { again } = await preferFormerTarget(destination, secured, service, life);
  assert.deepEqual([await again?.(), await again?.(), await again?.()], [[second, first], [first], []]);
});
