import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { neededParameters, rememberParameters, sysctlName } from '../../../src/gateway/machine/kernel-parameters.ts';

suite('kernel parameters', () => {
  test('keep a learnt uplink before forwarding would drop it', () => {
    const needed = neededParameters({ devices: ['eth0'], advertisedUplinks: ['wan0'] }, true);
    assert.deepEqual(
      [...needed],
      [
        ['ipv6/conf/wan0/accept_ra', '2'],
        ['ipv4/ip_forward', '1'],
        ['ipv6/conf/all/forwarding', '1'],
        ['ipv4/conf/all/send_redirects', '0'],
        ['ipv4/conf/eth0/send_redirects', '0'],
      ],
    );
  });

  test('leave IPv6 alone where there is none', () => {
    const needed = neededParameters({ devices: [], advertisedUplinks: ['wan0'] }, false);
    assert.equal(
      [...needed.keys()].some((name) => name.startsWith('ipv6')),
      false,
    );
  });

  test('are named as sysctl names them, also for a device with a dot', () => {
    assert.equal(sysctlName('ipv4/conf/eth0.10/send_redirects'), 'net.ipv4.conf.eth0/10.send_redirects');
  });

  test('are remembered all, with what they became', () => {
    const before = new Map([
      ['a', '0'],
      ['b', '1'],
    ]);
    assert.deepEqual(rememberParameters(before, new Map([['a', '1']])), [
      { name: 'a', before: '0', after: '1' },
      { name: 'b', before: '1', after: undefined },
    ]);
  });
});
