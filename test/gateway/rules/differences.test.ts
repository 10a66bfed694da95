/** `gateway up` a second time: what differs is said in flags. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesOf } from '../../../src/gateway/rules/differences.ts';
import { someRules } from '../some-rules.ts';

test('what differs is said, flag by flag, and nothing where nothing does', () => {
  const installed = { rules: someRules(), portMap: [{ from: 1935, to: 443 }] };
  assert.deepEqual(differencesOf(installed, { ...installed, rules: someRules() }), []);
  const asked = someRules({
    devices: ['eth1', 'eth0'],
    ports: [{ from: 443, to: 443 }],
    mode: 'tproxy',
    failClosed: false,
    forward: 'intercepted',
    masquerade: true,
    listenPort: 1,
    dns: { port: 2, local: true },
    local: { kind: 'user', uid: 7 },
  });
  assert.deepEqual(differencesOf(installed, { rules: asked, portMap: [] }), [
    '--from is eth0, not eth0,eth1',
    '--ports is 443,8000-8010, not 443',
    '--map-port is 1935:443, not empty',
    '--mode is redirect, not tproxy',
    '--fail is closed, not open',
    '--forward is all, not intercepted',
    '--masquerade is off, not on',
    '--dns is off, not on',
    '--listen is 15001, not 1',
    '--local is off, not user=7',
  ]);
});
