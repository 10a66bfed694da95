import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Link } from '../../../src/gateway/machine/devices.ts';
import { unfitness } from '../../../src/gateway/machine/devices.ts';

const link = (ifname: string, linkinfo: NonNullable<Link['linkinfo']>, master?: string): Link => ({
  ifname,
  flags: ['UP'],
  linkinfo,
  ...(master === undefined ? {} : { master }),
});

suite('a device', () => {
  test('that is a part of another one is refused with the name of that', () => {
    for (const kind of ['bridge', 'bond', 'team'])
      assert.equal(unfitness(link('eth0', { info_slave_kind: kind }, 'whole0'))?.fix, 'write --from whole0', kind);
  });

  test('of Open vSwitch is refused without the name of its master, which takes nothing either; the port of the bridge is not', () => {
    for (const each of [link('eth0', { info_slave_kind: 'openvswitch' }, 'ovs-system'), link('ovs-system', { info_kind: 'openvswitch' })]) {
      const { text = '', fix = '' } = unfitness(each) ?? {};
      assert.match(text, /Open vSwitch/);
      assert.match(fix, /the bridge's own port/);
      assert.doesNotMatch(text + fix, /ovs-system/);
    }
    assert.equal(unfitness(link('br0', { info_kind: 'openvswitch' })), undefined);
  });

  test('of a VRF is refused, and so is the VRF', () => {
    assert.match(unfitness(link('eth0', { info_kind: 'veth', info_slave_kind: 'vrf' }, 'red'))?.fix ?? '', /ip link set eth0 nomaster/);
    assert.match(unfitness(link('red', { info_kind: 'vrf' }))?.text ?? '', /\(red\)/);
  });

  test('of its own is fit', () => {
    for (const kind of ['veth', 'vlan', 'bridge', 'wireguard']) assert.equal(unfitness(link('eth0', { info_kind: kind })), undefined, kind);
  });
});
