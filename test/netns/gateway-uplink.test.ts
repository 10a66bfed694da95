/**
 * A gateway whose own way out was learnt by router advertisement. The kernel forgets such a route when it is told to forward IPv6,
 * unless accept_ra says otherwise; then the gateway would be cut off by its own start.
 */
// Tests: src/gateway/machine/uplinks.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { GATEWAY_PACKAGES, machineState, startGateway } from '../support/overcoat/gateway.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'socat'] });
const EXPIRY = / expires \d+sec/g;

/** Type 134, hop limit 64, lifetime 1800 s, nothing else (RFC 4861 section 4.2); the kernel fills in the checksum. */
const ADVERTISEMENT = Uint8Array.of(134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0);
const SEND = 'socat -u - IP6-SENDTO:[ff02::1]:58,bindtodevice=eth0,setsockopt-int=41:18:255';

const defaultRoute = (net: ThreeHosts): Promise<string> => net.gateway.shell('ip -6 route show default');

/** The receiver is the gateway's router and says so. */
async function advertised(t: TestContext): Promise<ThreeHosts> {
  const net = await unadvertised(t);
  await advertise(net);
  return net;
}

/** It has not said so yet, and is that of IPv4. */
async function unadvertised(t: TestContext): Promise<ThreeHosts> {
  const net = openThreeHosts();
  t.after(() => net.close());
  net.gateway.sysctl({ 'net.ipv4.ip_forward': 0, 'net.ipv6.conf.all.forwarding': 0, 'net.ipv6.conf.eth1.accept_ra': 1 });
  net.gateway.ip('route', 'add', 'default', 'via', net.wan.right.v4);
  net.receiver.sysctl({ 'net.ipv6.conf.all.forwarding': 1 });
  const settled = async (): Promise<boolean> => (await net.gateway.shell('ip -6 address show tentative')) === '';
  await eventually('addresses have settled', settled);
  await eventually('the router can send', async () => (await net.receiver.shell('ip -6 address show tentative')) === '');
  return net;
}

async function advertise(net: ThreeHosts): Promise<void> {
  await eventually('the route is learnt', async () => {
    await net.receiver.shell(SEND, { input: ADVERTISEMENT });
    return (await defaultRoute(net)).includes('proto ra');
  });
}

suite('an advertised uplink', { skip, concurrency: 2 }, () => {
  test('is lost when forwarding is turned on by hand', async (t) => {
    const net = await advertised(t);
    net.gateway.sysctl({ 'net.ipv6.conf.all.forwarding': 1 });
    assert.equal(await defaultRoute(net), '');
  });

  test('is kept by the gateway, and everything is as before when it ends', async (t) => {
    const net = await advertised(t);
    const before = (await machineState(net.gateway)).replaceAll(EXPIRY, '');
    const gateway = await startGateway(t, net.gateway, ['--ports', '443']);
    assert.match(await defaultRoute(net), /proto ra/);
    assert.equal(await net.gateway.shell('cat /proc/sys/net/ipv6/conf/eth1/accept_ra /proc/sys/net/ipv6/conf/eth0/accept_ra'), '2\n1\n');
    await gateway.stop();
    assert.equal((await machineState(net.gateway)).replaceAll(EXPIRY, ''), before);
  });

  test('is none of a network that is neither the way out nor that of the hosts', async (t) => {
    const net = await unadvertised(t);
    const { left: guests } = net.network.link(net.gateway, net.network.addHost('guest'));
    net.gateway.sysctl({ [`net.ipv6.conf.${guests.device}.accept_ra`]: 1 });
    const gateway = await startGateway(t, net.gateway, ['--ports', '443']);
    const values = await net.gateway.shell(`cat /proc/sys/net/ipv6/conf/eth1/accept_ra /proc/sys/net/ipv6/conf/${guests.device}/accept_ra`);
    assert.equal(values, '2\n1\n');
    await gateway.stop();
  });

  test('is learnt as well where the router says so after the start only', async (t) => {
    const net = await unadvertised(t);
    const before = await machineState(net.gateway);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443']);
    await advertise(net);
    net.gateway.ip('-6', 'route', 'del', 'default');
    await gateway.stop();
    assert.equal(await machineState(net.gateway), before);
  });
});
