/** Keys of session tickets: who shares them, who does not, and when they change. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import type { SessionConfig } from '../../../src/config/config.ts';
import { createTicketKeys, newTicketMaster, useTicketKeys } from '../../../src/tls/engine/ticket-keys.ts';

const RANDOM: SessionConfig = { resume: true, cacheSize: 1000, lifetimeMs: 300_000, ticketKeys: undefined };
const given = (secret: Uint8Array, mac: Uint8Array): SessionConfig => ({ ...RANDOM, ticketKeys: { secret, mac } });
const HALF_DAY = 12 * 3_600_000;

test('workers with the same secret have the same keys, services and changed trust have others', () => {
  const master = newTicketMaster();
  const keys = (trust: string, secret = master) =>
    createTicketKeys(RANDOM, secret, trust, () => 0)
      .current()
      .toString('hex');
  assert.equal(keys('service a').length, 96);
  assert.equal(keys('service a'), keys('service a'));
  assert.notEqual(keys('service a'), keys('service b'));
  assert.notEqual(keys('service a'), keys('service a', newTicketMaster()));
});

test('keys change every half day', () => {
  let now = 5 * HALF_DAY;
  const keys = createTicketKeys(RANDOM, newTicketMaster(), 'x', () => now);
  const before = keys.current();
  assert.equal(keys.changesAt, 6 * HALF_DAY);
  now = 6 * HALF_DAY - 1;
  assert.deepEqual(keys.current(), before);
  now = 6 * HALF_DAY;
  assert.notDeepEqual(keys.current(), before);
  assert.equal(keys.changesAt, 7 * HALF_DAY);
});

test('keys the user gave, of either length, stay, differ by service, and need both halves', () => {
  const [secret, mac] = [randomBytes(16), randomBytes(16)];
  const keys = createTicketKeys(given(secret, mac), newTicketMaster(), 'x', () => 0);
  assert.equal(keys.changesAt, Number.POSITIVE_INFINITY);
  const elsewhere = createTicketKeys(given(secret, mac), newTicketMaster(), 'x', () => 9 * HALF_DAY);
  assert.deepEqual(elsewhere.current(), keys.current(), 'another host, another day');
  assert.notDeepEqual(createTicketKeys(given(secret, mac), newTicketMaster(), 'y').current(), keys.current());
  assert.notDeepEqual(createTicketKeys(given(secret, randomBytes(16)), newTicketMaster(), 'x').current(), keys.current());
  const long = createTicketKeys(given(randomBytes(32), randomBytes(32)), newTicketMaster(), 'x');
  assert.equal(long.current().length, 48);
});

test('a server changes its keys at the first connection after their time', () => {
  let now = 0;
  const server = createServer();
  useTicketKeys(
    server,
    createTicketKeys(RANDOM, newTicketMaster(), 'x', () => now),
    () => now,
  );
  server.removeAllListeners('secureConnection');
  const before = server.getTicketKeys();
  const [connect] = server.listeners('connection') as (() => void)[];
  assert.ok(connect);
  connect();
  assert.deepEqual(server.getTicketKeys(), before);
  now = HALF_DAY;
  connect();
  const after = server.getTicketKeys();
  assert.notDeepEqual(after, before);
  connect();
  assert.deepEqual(server.getTicketKeys(), after);
});
