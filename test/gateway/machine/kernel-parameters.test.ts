import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  failedText,
  neededParameters,
  rememberParameters,
  sysctlName,
  writeParameters,
} from '../../../src/gateway/machine/kernel-parameters.ts';
import { requires } from '../../support/requirements.ts';

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

  test('of a device that is gone end no start; one that is needed does, with the reason', {
    skip: requires({ root: true, linux: true }),
  }, () => {
    const gone = ['ipv6/conf/no-such0/accept_ra', 'ipv4/conf/no-such0/send_redirects'];
    assert.deepEqual(writeParameters(new Map(gone.map((name) => [name, '2']))), []);
    const failed = writeParameters(new Map([['ipv4/no_such', '1']]));
    assert.equal(failedText(failed), 'Kernel parameters cannot be set: No such file or directory (2): net.ipv4.no_such=1');
  });

  test('that may not be written are told as that', () => {
    for (const code of ['EROFS', 'EACCES', 'EPERM']) {
      const failed = [{ name: 'ipv4/ip_forward', value: '1', cause: Object.assign(new Error(code), { code }) }];
      assert.match(failedText(failed), /: they are read-only here; in a container set them from outside: net\.ipv4\.ip_forward=1$/);
    }
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
