/** The table: complete, and in agreement with what the configuration accepts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOLS as KNOWN_TO_CONFIG } from '../../src/config/protocol-names.ts';
import { directionFor, PROTOCOLS, protocolForPort } from '../../src/protocols/table.ts';

test('configuration and table know the same protocols in the same directions', () => {
  const spoken = [...KNOWN_TO_CONFIG.keys()].filter((name) => name !== 'auto').sort();
  assert.deepEqual(spoken, PROTOCOLS.map(({ name }) => name).sort());
  for (const { name, client, server } of PROTOCOLS) {
    const known = KNOWN_TO_CONFIG.get(name);
    assert.deepEqual(
      { client: known?.client, server: known?.server },
      { client: client !== undefined, server: server !== undefined },
      name,
    );
    assert.deepEqual(known?.alpn, client?.alpn === undefined ? [] : [client.alpn], name);
    assert.equal(known?.plainFirst, server?.plainFirst ?? false, name);
    assert.equal(known?.serverEndpoint, server?.isEndpoint ?? false, name);
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
