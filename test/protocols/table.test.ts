/** The table: complete, and in agreement with the facts. */
// Tests: src/protocols/facts.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, SPOKEN_NAMES } from '../../src/protocols/facts.ts';
import { directionFor, PROTOCOLS, protocolForPort } from '../../src/protocols/table.ts';

test('every direction that exists can be spoken, and no other', () => {
  assert.deepEqual(
    PROTOCOLS.map(({ name }) => name),
    SPOKEN_NAMES,
  );
  for (const { name, client, server } of PROTOCOLS) {
    const facts = factsOf(name);
    assert.deepEqual([client !== undefined, server !== undefined], [facts?.client !== undefined, facts?.server !== undefined], name);
    assert.ok(client !== undefined || server !== undefined, name);
  }
});

test('phases belong to their direction', () => {
  for (const { name, client, server } of PROTOCOLS) {
    assert.ok(!client?.phases.includes('early'), name);
    assert.ok(!server?.phases.includes('middle'), name);
    assert.ok(client === undefined || client.phases.length > 0);
  }
});

test('auto chooses by the port, and nothing on any other', () => {
  const chosen = new Map([25, 587, 143, 110, 119, 389, 5432, 5222, 4190, 24].map((port) => [port, protocolForPort(port)?.name]));
  assert.deepEqual([...chosen.values()], ['smtp', 'smtp', 'imap', 'pop3', 'nntp', 'ldap', 'pgsql', 'xmpp', 'sieve', 'lmtp']);
  assert.equal(directionFor('auto', 'client', 443), undefined);
  assert.equal(directionFor('auto', 'client', 993), undefined);
  assert.equal(directionFor(undefined, 'client', 25), undefined);
  const ports = PROTOCOLS.flatMap((protocol) => protocol.ports);
  assert.equal(new Set(ports).size, ports.length, 'no port has two protocols');
});
