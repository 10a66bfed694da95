/**
 * A narrow link between the hosts and the gateway, which both ends of do not know of: what a router there says of packets that are too big has
 * to reach the gateway, whatever address they bear.
 */
// Tests: src/gateway/rules/rules.ts, src/gateway/rules/iptables.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { ThreeHosts } from '../support/net/netns.ts';
import { Network } from '../support/net/netns.ts';
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
    ThreeHosts['sender'],
    ThreeHosts['sender'],
    ThreeHosts['gateway'],
    ThreeHosts['receiver'],
  ];
  const narrow = network.link(sender, router);
  const lan = network.link(router, gateway);
  const wan = network.link(gateway, receiver);
  const way = (host: ThreeHosts['sender'], { v4, v6 }: { readonly v4: string; readonly v6: string }): void => {
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

suite('a narrow link before the gateway', { skip, concurrency: 2 }, () => {
  const fetchedSoon = async ({ sender }: ThreeHosts, host: string): Promise<string> => {
    const { code, stdout } = await runProgram(['curl', '-sS', '-m', '10', `http://${host}:443/`], { place: sender });
    return code === 0 ? stdout : `<${code}> after ${stdout.length} bytes`;
  };

  for (const mode of ['redirect', 'tproxy'])
    for (const family of ['v4', 'v6'] as const)
      test(`is no hindrance (${mode}, ${family})`, async (t) => {
        const net = await network(t);
        const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--mode', mode, '--pin', receiverCertificate(net).certFile]);
        const address = net.wan.right[family];
        assert.equal(await fetchedSoon(net, family === 'v6' ? `[${address}]` : address), TEXT);
        await gateway.stop();
      });
});
