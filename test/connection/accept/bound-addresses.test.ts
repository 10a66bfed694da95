/** Which two addresses of one process exclude each other. */
import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import type { DialAddress } from '../../../src/address/dial-address.ts';
import type { ServiceConfig, SocketOption } from '../../../src/config/config.ts';
import { BoundAddresses } from '../../../src/connection/accept/bound-addresses.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

const at = (host: string, port = 443): DialAddress => ({ kind: 'tcp', host, port, family: isIPv6(host) ? 6 : 4 });

function service(name: string, ...accept: readonly SocketOption[]): ServiceConfig {
  const config = serviceConfig({ service: { name } });
  return { ...config, sockets: { ...config.sockets, accept } };
}

/** In either order. */
function exclude(a: DialAddress, b: DialAddress, first = service('first'), second = service('second')): boolean {
  const [one, other] = [new BoundAddresses(), new BoundAddresses()];
  one.add(a, first);
  other.add(b, second);
  const answers = [one.holderOf(b, second), other.holderOf(a, first)];
  assert.ok(answers.every((answer) => answer === undefined) || (answers[0] === 'first' && answers[1] === 'second'), String(answers));
  return answers[0] !== undefined;
}

test('the same address, however it is written, and an address beside all of them', () => {
  for (const [a, b] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
    ['0.0.0.0', '192.0.2.1'],
    ['::', '192.0.2.1'],
    ['::', '2001:db8::1'],
    ['::', '0.0.0.0'],
  ] as const)
    assert.ok(exclude(at(a), at(b)), `${a} and ${b}`);
  assert.ok(exclude({ kind: 'unix', path: '/run/x' }, { kind: 'unix', path: '/run/x' }));
});

test('different addresses, ports, families and zones leave each other alone', () => {
  for (const [a, b] of [
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.1', '::1'],
    ['0.0.0.0', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth1'],
  ] as const)
    assert.ok(!exclude(at(a), at(b)), `${a} and ${b}`);
  assert.ok(!exclude(at('::', 443), at('::', 444)));
  assert.ok(!exclude(at('::', 0), at('::', 0)));
  assert.ok(!exclude(at('::'), { kind: 'unix', path: '/run/x' }));
});

test('IPV6_V6ONLY makes room for IPv4, SO_BINDTODEVICE for other devices', () => {
  const onlyIpv6 = service('first', { name: 'IPV6_V6ONLY', value: { kind: 'flag', on: true } });
  assert.ok(!exclude(at('::'), at('0.0.0.0'), onlyIpv6));
  assert.ok(exclude(at('::'), at('::1'), onlyIpv6));
  const onDevice = (name: string, text: string): ServiceConfig => service(name, { name: 'SO_BINDTODEVICE', value: { kind: 'text', text } });
  assert.ok(!exclude(at('0.0.0.0'), at('0.0.0.0'), onDevice('first', 'eth0'), onDevice('second', 'eth1')));
  assert.ok(exclude(at('0.0.0.0'), at('0.0.0.0'), onDevice('first', 'eth0')));
});
