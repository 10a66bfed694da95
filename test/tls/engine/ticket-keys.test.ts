/** Keys of session tickets: who shares them, who does not, and when they change. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { SessionConfig } from '../../../src/config/tls-config.ts';
import { createTicketKeys, newTicketMaster } from '../../../src/tls/engine/ticket-keys.ts';

const RANDOM: SessionConfig = { resume: true, cacheSize: 1000, lifetimeMs: 300_000, ticketFile: undefined, ticketKeys: undefined };
const given = (secret: Uint8Array, mac: Uint8Array): SessionConfig => ({ ...RANDOM, ticketKeys: { secret, mac } });
const HALF_DAY = 12 * 3_600_000;

test('workers with the same secret have the same keys, services and changed trust have others', () => {
  const master = newTicketMaster();
  const keys = (trust: string, secret = master) => createTicketKeys(RANDOM, secret, trust, { now: () => 0 })().current;
  const { name, cipher, mac } = keys('service a');
  assert.deepEqual([name.length, cipher.length, mac.length], [16, 32, 32]);
  assert.deepEqual(keys('service a'), keys('service a'));
  assert.notDeepEqual(keys('service a'), keys('service b'));
  assert.notDeepEqual(keys('service a'), keys('service a', newTicketMaster()));
});

test('keys change every half day, and those before are known for another', () => {
  let now = 5 * HALF_DAY;
  const keys = createTicketKeys(RANDOM, newTicketMaster(), 'x', { now: () => now });
  const before = keys().current;
  now = 6 * HALF_DAY - 1;
  assert.deepEqual(keys().current, before);
  now = 6 * HALF_DAY;
  assert.notDeepEqual(keys().current, before);
  assert.deepEqual(keys().former, [before]);
  now = 7 * HALF_DAY;
  assert.equal(keys().former.length, 1);
  assert.notDeepEqual(keys().former, [before]);
});

test('keys the user gave, of either length, stay, differ by service, and need both halves', () => {
  const [secret, mac] = [randomBytes(16), randomBytes(16)];
  const keys = createTicketKeys(given(secret, mac), newTicketMaster(), 'x', { now: () => 0 })();
  assert.deepEqual(keys.former, []);
  const elsewhere = createTicketKeys(given(secret, mac), newTicketMaster(), 'x', { now: () => 9 * HALF_DAY })();
  assert.deepEqual(elsewhere, keys, 'another host, another day');
  assert.notDeepEqual(createTicketKeys(given(secret, mac), newTicketMaster(), 'y')(), keys);
  assert.notDeepEqual(createTicketKeys(given(secret, randomBytes(16)), newTicketMaster(), 'x')(), keys);
  const long = createTicketKeys(given(randomBytes(32), randomBytes(32)), newTicketMaster(), 'x')();
  assert.equal(long.current.cipher.length, 32);
});

test('secrets of a file: the first seals, tickets of the others are still good', () => {
  const [one, two] = [randomBytes(32), randomBytes(32)];
  const before = createTicketKeys(RANDOM, newTicketMaster(), 'x', { secrets: [one] })();
  const after = createTicketKeys(RANDOM, newTicketMaster(), 'x', { secrets: [two, one] })();
  assert.deepEqual(before.former, []);
  assert.deepEqual(after.former, [before.current]);
  assert.notDeepEqual(after.current, before.current);
});
