/** `connect` lines become addresses, in the order the service asks for. */
// Tests: src/address/dial-address.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DialAddress } from '../../../src/address/dial-address.ts';
import type { Address, ServiceConfig } from '../../../src/config/config.ts';

import { resolveAddress, Targets } from '../../../src/connection/dial/targets.ts';

const silent = (): void => undefined;

function targetsOf(connect: readonly Address[], more: { failover?: 'rr' | 'prio'; delay?: boolean } = {}): Targets {
  return new Targets({ connect, failover: 'prio', delay: false, ...more } as unknown as ServiceConfig);
}

const three: readonly Address[] = [1, 2, 3].map((port) => ({ kind: 'tcp', host: '127.0.0.1', port }));

function portsOf(addresses: readonly DialAddress[]): number[] {
  return addresses.map((address) => (address.kind === 'tcp' ? address.port : 0));
}

test('prio keeps the order of the file for every connection', async () => {
  const targets = targetsOf(three);
  await targets.prepare(silent);
  for (let turn = 0; turn < 3; turn += 1) assert.deepEqual(portsOf((await targets.candidates(silent)).addresses), [1, 2, 3]);
});

test('rr begins each connection with the next one and still tries all', async () => {
  const targets = targetsOf(three, { failover: 'rr' });
  await targets.prepare(silent);
  const firsts: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const ports = portsOf((await targets.candidates(silent)).addresses);
    assert.deepEqual([...ports].sort(), [1, 2, 3]);
    firsts.push(ports[0] as number);
  }
  for (let turn = 1; turn < 6; turn += 1) assert.equal(firsts[turn], ((firsts[turn - 1] as number) % 3) + 1);
});

test('a bare port is both loopbacks, a path stays a path, an unknown name is reported', async () => {
  for (const host of ['', '*'])
    assert.deepEqual(await resolveAddress({ kind: 'tcp', host, port: 9 }, silent), [
      { kind: 'tcp', host: '::1', port: 9, family: 6 },
      { kind: 'tcp', host: '127.0.0.1', port: 9, family: 4 },
    ]);
  assert.deepEqual(await resolveAddress({ kind: 'unix', path: '/run/x' }, silent), [{ kind: 'unix', path: '/run/x' }]);
  const failed: string[] = [];
  assert.deepEqual(await resolveAddress({ kind: 'tcp', host: 'no-such-host.invalid', port: 1 }, (host) => failed.push(host)), []);
  assert.deepEqual(failed, ['no-such-host.invalid']);
});

test('a name that had no address at start is looked up again for each connection', async () => {
  const targets = targetsOf([{ kind: 'tcp', host: 'no-such-host.invalid', port: 1 }, ...three]);
  const failed: string[] = [];
  await targets.prepare((host) => failed.push(host));
  assert.deepEqual(portsOf((await targets.candidates((host) => failed.push(host))).addresses), [1, 2, 3]);
  assert.equal(failed.length, 2);
});
