import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address } from '../../src/config/config.ts';
import { exposureOf, listensEverywhere } from '../../src/config/exposure.ts';

const at = (host: string): Address => ({ kind: 'tcp', host, port: 1 });

test('tells who can reach an address', () => {
  const expected = {
    local: ['127.0.0.1', '127.255.0.9', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'],
    private: ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', '169.254.1.1', 'fd00::1', 'fe80::1%eth0', '::ffff:10.0.0.1'],
    public: ['', '0.0.0.0', '::', '*', '192.0.2.1', '172.32.0.1', '2001:db8::1', 'example.org', '::ffff:192.0.2.1'],
  };
  for (const [exposure, hosts] of Object.entries(expected)) {
    for (const host of hosts) assert.equal(exposureOf(at(host)), exposure, host);
  }
  assert.equal(exposureOf({ kind: 'unix', path: '/x' }), 'local');
});

test('knows the addresses that stand for all', () => {
  for (const host of ['', '0.0.0.0', '::', '*']) assert.equal(listensEverywhere(at(host)), true, host);
  for (const host of ['127.0.0.1', 'localhost', '192.0.2.1']) assert.equal(listensEverywhere(at(host)), false, host);
});
