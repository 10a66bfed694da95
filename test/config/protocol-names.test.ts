import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PROTOCOLS, protocolFor, protocolName } from '../../src/config/protocol-names.ts';
import { PROTOCOLS as SPOKEN } from '../../src/protocols/table.ts';

it('takes every protocol in any case', () => {
  for (const name of PROTOCOLS.keys()) assert.deepEqual(protocolName(name.toUpperCase()), { ok: true, value: name });
});

it('says why some protocols of stunnel are left out', () => {
  for (const name of ['cifs', 'capwin', 'capwinctrl']) {
    const parsed = protocolName(name);
    assert.ok(!parsed.ok);
    assert.match(parsed.text, new RegExp(`^protocol ${name} is not supported: .{20,}`));
    assert.equal(parsed.stunnelText, 'Protocol not supported');
  }
});

it('knows in which direction each exists', () => {
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

it('agrees with the protocols that can be spoken', () => {
  for (const { name, client, server } of SPOKEN) {
    assert.deepEqual(
      PROTOCOLS.get(name),
      {
        client: client !== undefined,
        server: server !== undefined,
        serverEndpoint: server?.isEndpoint === true,
        plainFirst: server?.plainFirst === true,
        alpn: client?.alpn === undefined ? [] : [client.alpn],
      },
      name,
    );
  }
  assert.equal(PROTOCOLS.size, SPOKEN.length + 1, 'and auto, which chooses one of them');
});
