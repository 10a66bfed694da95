import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portOfService } from '../../src/config/service-ports.ts';

test('knows the ports a TLS proxy meets, with or without /etc/services', () => {
  assert.equal(portOfService('https'), 443);
  assert.equal(portOfService('submission'), 587);
  assert.equal(portOfService('postgresql'), 5432);
});

test('knows no others', () => {
  for (const name of ['', 'nosuchservice', '__proto__', 'constructor', 'http s']) assert.equal(portOfService(name), undefined, name);
});
