import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Ipv6Route } from '../../../src/gateway/machine/uplinks.ts';
import { uplinksIn } from '../../../src/gateway/machine/uplinks.ts';

/** As /proc/net/ipv6_route has them. */
const refusing: Ipv6Route = { destination: `${'0'.repeat(32)}/00`, flags: 0x0020_0200, device: 'lo' };
const learntDefault = (device: string): Ipv6Route => ({ destination: `${'0'.repeat(32)}/00`, flags: 0x0045_0003, device });
const writtenDefault = (device: string): Ipv6Route => ({ destination: `${'0'.repeat(32)}/00`, flags: 0x0000_0003, device });
const prefix = (device: string, flags: number): Ipv6Route => ({ destination: `20010db8${'0'.repeat(24)}/40`, flags, device });
const advertised = (device: string): Ipv6Route => prefix(device, 0x004c_0001);

suite('the devices that go on listening to router advertisements', () => {
  const uplinks = (ipv6: readonly Ipv6Route[], ipv4Defaults: readonly string[] = []) =>
    uplinksIn({ ipv6: [...ipv6, refusing], ipv4Defaults }, ['lan0']);

  test('are those with a default route that was learnt, and then no others', () => {
    assert.deepEqual(uplinks([learntDefault('wan0'), learntDefault('wan0'), advertised('guests')], ['wan1']), ['wan0']);
    assert.deepEqual(uplinks([learntDefault('lan0')]), ['lan0'], 'a gateway with one device');
  });

  test('are none where somebody has written the default route', () => {
    assert.deepEqual(uplinks([writtenDefault('wan0'), advertised('guests')], ['wan1']), []);
  });

  test('are, where there is no default route yet, those that IPv4 leaves by and those that were told a prefix', () => {
    assert.deepEqual(uplinks([advertised('wan1'), prefix('guests', 0x0000_0001), advertised('lan0')], ['wan0']), ['wan0', 'wan1']);
    assert.deepEqual(uplinks([], ['lan0']), ['lan0']);
    assert.deepEqual(uplinks([]), []);
  });
});
