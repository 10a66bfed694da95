import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSecureContext } from 'node:tls';
import { COMMAND_SERVICE, defaultPinStore, FILE_SERVICE } from '../../src/config/defaults.ts';

it("are accepted by the runtime's OpenSSL", () => {
  for (const { tls } of [FILE_SERVICE, COMMAND_SERVICE]) {
    const { ciphers, ciphersuites, curves, secureOptions, minVersion, maxVersion } = tls;
    assert.ok(createSecureContext({ ciphers: `${ciphersuites}:${ciphers}`, ecdhCurve: curves, secureOptions, minVersion, maxVersion }));
  }
});

it('can be sent to a worker', () => {
  assert.deepEqual(structuredClone(FILE_SERVICE), FILE_SERVICE);
});

it('keep pins where the user may write', () => {
  assert.equal(defaultPinStore(true, { HOME: '/h' }), '/var/lib/overcoat/pins');
  assert.equal(defaultPinStore(false, { HOME: '/h' }), '/h/.local/state/overcoat/pins');
  assert.equal(defaultPinStore(false, { HOME: '/h', XDG_STATE_HOME: '/s' }), '/s/overcoat/pins');
  assert.equal(defaultPinStore(false, { HOME: '/h', XDG_STATE_HOME: 'relative' }), '/h/.local/state/overcoat/pins');
});

it('wait for no client where the server speaks first', () => {
  const { clientFirstPorts, serverFirstPorts } = FILE_SERVICE.names;
  const clients = new Set(clientFirstPorts.map((range) => range.from));
  assert.ok(serverFirstPorts.every((range) => !clients.has(range.from)));
});
