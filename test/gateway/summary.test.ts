/** What a gateway says of itself at its start. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { endText, startSummary, startWarnings } from '../../src/gateway/summary.ts';
import { someRules } from './some-rules.ts';

const addresses = (device: string): readonly string[] => (device === 'eth0' ? ['192.168.1.1', 'fd00::1'] : []);
const choice = { ca: undefined, pins: [] };

suite('the summary of a start', () => {
  test('says devices, networks, ports and map, the rest, names, trust and the end', () => {
    const plan = { rules: someRules({ devices: ['eth0', 'eth1'], ports: [{ from: 443, to: 443 }] }), portMap: [{ from: 1935, to: 443 }] };
    assert.deepEqual(startSummary(plan, choice, addresses), [
      'Takes port 443 (1935 leaves for 443) from eth0 (192.168.1.1, fd00::1) and eth1, by redirect to port 15001',
      'Everything else of them is forwarded as it is, and counted: overcoat gateway status',
      'Names of servers come from what the application says, the hosts file, in this order; without one a connection is refused',
      "Servers are verified with the system's authorities",
      'Its end (TERM, ^C) undoes everything; if it is killed, its ports are refused until it runs again or `overcoat gateway down`',
    ]);
  });

  test('says what was chosen', () => {
    const rules = someRules({ dns: { port: 15_053, local: false }, forward: 'intercepted', mode: 'tproxy' });
    const pin = { kind: 'sha256', digest: 'x' } as const;
    const lines = startSummary({ rules, portMap: [] }, { nameMap: 'names', nameMissing: 'pin', ca: '/ca.crt', pins: [pin] }, addresses);
    assert.match(lines[1] ?? '', /^Nothing else of them is forwarded but ICMP .*; their DNS questions are answered here$/);
    assert.match(lines[2] ?? '', /come from names, what the application says, the DNS answers given here, the hosts file, .*the first key/);
    assert.equal(lines[3], 'Servers are verified with the authorities of /ca.crt and by 1 pinned key(s)');
    assert.match(lines[4] ?? '', /if it is killed, everything but ICMP is refused/);
  });

  test('says plainly what fails open, and what stays', () => {
    const open = { rules: someRules({ failClosed: false }), portMap: [] };
    assert.match(endText(open, 'run'), /if it is killed, its ports are FORWARDED IN CLEAR$/);
    assert.match(
      endText({ rules: someRules(), portMap: [] }, 'up'),
      /^Stays until `overcoat gateway down` or a reboot; .*15001, its ports are/,
    );
  });

  test('warns of names that nobody could answer', () => {
    assert.deepEqual(startWarnings({ rules: someRules(), portMap: [] }), []);
    assert.match(startWarnings({ rules: someRules({ forward: 'intercepted' }), portMap: [] })[0] ?? '', /without --dns/);
  });
});
