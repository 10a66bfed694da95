import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protocolFor, protocolName, protocolsFor } from '../../src/config/protocol-names.ts';
import { SPOKEN_NAMES } from '../../src/protocols/facts.ts';

test('takes every protocol in any case', () => {
  for (const name of [...SPOKEN_NAMES, 'auto']) assert.deepEqual(protocolName(name.toUpperCase()), { ok: true, value: name });
});

test('says why some protocols of stunnel are left out', () => {
  for (const name of ['cifs', 'capwin', 'capwinctrl']) {
    const parsed = protocolName(name);
    assert.ok(!parsed.ok);
    assert.match(parsed.text, new RegExp(`^protocol ${name} is not supported: .{20,}`));
    assert.equal(parsed.stunnelText, 'Protocol not supported');
  }
});

test('knows in which direction each exists', () => {
  // stunnel's table of protocols.
  const stunnel = {
    client: ['connect', 'socks', 'smtp', 'pop3', 'imap', 'nntp', 'ldap', 'pgsql'],
    server: ['connect', 'socks', 'proxy', 'smtp', 'pop3', 'imap', 'pgsql'],
  } as const;
  for (const direction of ['client', 'server'] as const) {
    for (const name of stunnel[direction]) assert.equal(protocolFor(direction)(name).ok, true, `${name} ${direction}`);
  }
  const backwards = protocolFor('client')('proxy');
  assert.ok(!backwards.ok);
  assert.equal(backwards.stunnelText, "The 'proxy' protocol is not supported in the client mode");
});

test('lists those of a direction', () => {
  assert.ok(protocolsFor('client').includes('auto'));
  assert.ok(!protocolsFor('client').includes('proxy'));
  assert.deepEqual(protocolsFor('server'), ['smtp', 'imap', 'pop3', 'pgsql', 'connect', 'socks', 'proxy']);
});
