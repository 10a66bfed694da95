/**
 * Narrow links of which neither end knows. What a router before the gateway says of packets that are too big has to reach it, whatever address they
 * bear; behind the gateway nobody may say anything.
 */
// Tests: src/gateway/rules/rules.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Host, ThreeHosts } from '../support/net/netns.ts';
import { Network, openThreeHosts } from '../support/net/netns.ts';
import { GATEWAY_PACKAGES, receiverCertificate, startGateway, startHttps } from '../support/overcoat/gateway.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'iptables'] });
/** The least that IPv6 has. */
const NARROW = '1280';
const TEXT = 'x'.repeat(3900);

/** sender - router - gateway - receiver; what leaves the router for the sender is narrow. */
async function network(t: TestContext): Promise<ThreeHosts> {
  const network = new Network();
  t.after(() => network.close());
  const [sender, router, gateway, receiver] = ['sender', 'router', 'gateway', 'receiver'].map((name) => network.addHost(name)) as [
    Host,
    Host,
    Host,
    Host,
  ];
  const narrow = network.link(sender, router);
  const lan = network.link(router, gateway);
  const wan = network.link(gateway, receiver);
  const way = (host: Host, { v4, v6 }: { readonly v4: string; readonly v6: string }): void => {
    host.ip('route', 'add', 'default', 'via', v4);
    host.ip('-6', 'route', 'add', 'default', 'via', v6);
  };
  for (const each of [router, gateway]) each.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
  way(sender, narrow.right);
  way(router, lan.right);
  way(gateway, lan.left);
  way(receiver, wan.left);
  router.ip('link', 'set', 'eth0', 'mtu', NARROW);
  const net = { network, sender, gateway, receiver, lan, wan, close: () => network.close() };
  await startHttps(t, net, [443], TEXT);
  return net;
}

/** What curl gets within ten seconds. */
async function fetchedSoon({ sender }: ThreeHosts, address: string): Promise<string> {
  const url = `http://${address.includes(':') ? `[${address}]` : address}:443/`;
  const { code, stdout } = await runProgram(['curl', '-sS', '-m', '10', url], { place: sender });
  return code === 0 ? stdout : `<${code}> after ${stdout.length} bytes`;
}

suite('a narrow link', { skip, concurrency: 2 }, () => {
  for (const mode of ['redirect', 'tproxy'])
    for (const family of ['v4', 'v6'] as const)
      test(`before the gateway is no hindrance (${mode}, ${family})`, async (t) => {
        const net = await network(t);
        const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--mode', mode, '--pin', receiverCertificate(net).certFile]);
        assert.equal(await fetchedSoon(net, net.wan.right[family]), TEXT);
        await gateway.stop();
      });

  test('behind the gateway that swallows what is too big is found out by the kernel, where it is told to', async (t) => {
    const net = openThreeHosts();
    t.after(() => net.close());
    await startHttps(t, net, [443]);
    net.gateway.ip('link', 'set', 'eth1', 'gso_max_segs', '1');
    const swallow = 'add rule inet narrow in meta length > 1300 drop';
    await net.receiver.shell(`nft 'add table inet narrow; add chain inet narrow in { type filter hook input priority -300; }; ${swallow}'`);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--pin', receiverCertificate(net).certFile]);
    assert.equal(await fetchedSoon(net, net.wan.right.v4), '<28> after 0 bytes');
    net.gateway.sysctl({ 'net.ipv4.tcp_mtu_probing': 1 });
    assert.equal(await fetchedSoon(net, net.wan.right.v4), 'through TLS');
    await gateway.stop({ holding: true });
  });
});
