/** Which configurations can only go round in circles. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address, ServiceConfig } from '../../../src/config/config.ts';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import { refuseRings } from '../../../src/connection/accept/rings.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

function address(text: string): Address {
  if (text.startsWith('/')) return { kind: 'unix', path: text };
  const colon = text.lastIndexOf(':');
  return { kind: 'tcp', host: text.slice(0, Math.max(colon, 0)), port: Number(text.slice(colon + 1)) };
}

function service(name: string, accept: string, connect: readonly string[], more: Partial<ServiceConfig> = {}): ServiceConfig {
  const config = serviceConfig({ service: { name } });
  return { ...config, accept: accept === '' ? [] : [address(accept)], connect: connect.map(address), exec: undefined, ...more };
}

function refusal(...services: readonly ServiceConfig[]): string | undefined {
  try {
    refuseRings(services.map((config) => ({ config, resolved: undefined })));
    return undefined;
  } catch (cause) {
    return (cause as Error).message;
  }
}

test('a service whose target is its own address', () => {
  for (const [accept, connect] of [
    ['127.0.0.1:443', '127.0.0.1:443'],
    ['443', '443'],
    ['443', '127.0.0.5:443'],
    ['*:443', '443'],
    ['0.0.0.0:443', '0.0.0.0:443'],
    [':::443', '::1:443'],
    [':::443', '::ffff:127.0.0.1:443'],
    ['localhost:443', 'localhost:443'],
    ['/run/x', '/run/x'],
  ] as const)
    assert.match(refusal(service('s', accept, [connect])) ?? '', /^Service \[s\] connects to itself: /, `${accept} to ${connect}`);
});

test('whatever protocol it speaks: a client of a proxy goes to `connect`', () => {
  for (const name of ['connect', 'socks', 'smtp'] as const) {
    const protocol = { ...FILE_SERVICE.protocol, name };
    assert.match(refusal(service('s', '443', ['443'], { protocol })) ?? '', /connects to itself/, name);
  }
});

test('a ring of several is named in its order, whoever else leads into it', () => {
  const ring = [service('a', '1', ['2']), service('b', '2', ['3']), service('c', '3', ['1'])];
  assert.match(refusal(...ring) ?? '', /^Services \[a\] -> \[b\] -> \[c\] -> \[a\] connect to each other in a ring/);
  assert.match(refusal(service('in', '9', ['2']), ...ring) ?? '', /^Services \[b\] -> \[c\] -> \[a\] -> \[b\] connect/);
  assert.match(refusal(...ring, service('out', '9', ['10'])) ?? '', /in a ring/);
});

test('what leads out somewhere is none', () => {
  assert.equal(refusal(service('a', '1', ['2']), service('b', '2', ['3'])), undefined, 'a chain');
  assert.equal(refusal(service('s', '127.0.0.1:443', ['443'])), undefined, 'the other loopback is tried first');
  assert.equal(refusal(service('s', '443', ['443', '192.0.2.1:443'])), undefined, 'a second target');
  assert.equal(refusal(service('s', '443', ['192.0.2.1:443'])), undefined, 'another machine');
  assert.equal(refusal(service('s', '0.0.0.0:443', ['::1:443'])), undefined, 'another family');
  assert.equal(refusal(service('s', '443', ['a.example:443'])), undefined, 'a name');
  assert.equal(refusal(service('s', '0', ['0'])), undefined, 'a port the kernel chooses');
  const proxy = { protocol: { ...FILE_SERVICE.protocol, name: 'connect' } } as const;
  assert.equal(refusal(service('s', '443', ['443'], { ...proxy, mode: 'server' })), undefined, 'a proxy goes where its clients ask');
  const host = service('host', '', ['10'], { virtualHost: { primary: 's', pattern: '*' } });
  assert.equal(refusal(service('s', '443', ['443']), host), undefined, 'a virtual host has another target');
});
