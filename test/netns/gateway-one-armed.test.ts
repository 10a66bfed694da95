/**
 * A gateway with one device, on the network of the router and of servers that are reached past it: it sees the answers alone of what clients of
 * the router ask those servers, and lets them through.
 */
// Tests: src/gateway/rules/rules.ts, src/gateway/rules/iptables.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Host } from '../support/net/netns.ts';
import { Network } from '../support/net/netns.ts';
import { GATEWAY_PACKAGES, runGateway, startGateway } from '../support/overcoat/gateway.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'netcat-openbsd', 'iptables'] });

/** On one network (10.88.0.0/24, fd88::/64): router .1, gateway .2, whose own gateway is the router, and server .3, whose gateway is .2. */
interface OneNetwork {
  /** Behind the router, which hands what it sends over to the server itself. */
  readonly client: Host;
  readonly gateway: Host;
  readonly server: Host;
}

function openOneNetwork(t: TestContext): OneNetwork {
  const network = new Network();
  t.after(() => network.close());
  const [cable, client, router, gateway, server] = ['switch', 'client', 'router', 'gateway', 'server'].map((name) =>
    network.addHost(name),
  ) as [Host, Host, Host, Host, Host];
  cable.ip('link', 'add', 'br0', 'type', 'bridge');
  cable.ip('link', 'set', 'br0', 'up');
  for (const [index, host] of [router, gateway, server].entries()) {
    const { left, right } = network.link(host, cable);
    for (const { host: owner, device, v4, v6 } of [left, right]) {
      owner.ip('address', 'del', `${v4}/24`, 'dev', device);
      owner.ip('address', 'del', `${v6}/64`, 'dev', device);
    }
    cable.ip('link', 'set', right.device, 'master', 'br0');
    host.ip('address', 'add', `10.88.0.${index + 1}/24`, 'dev', left.device);
    host.ip('address', 'add', `fd88::${index + 1}/64`, 'dev', left.device, 'nodad');
  }
  const { right } = network.link(client, router);
  for (const [host, v4, v6] of [
    [client, right.v4, right.v6],
    [gateway, '10.88.0.1', 'fd88::1'],
    [server, '10.88.0.2', 'fd88::2'],
  ] as const) {
    host.ip('route', 'add', 'default', 'via', v4);
    host.ip('-6', 'route', 'add', 'default', 'via', v6);
  }
  router.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
  return { client, gateway, server };
}

/** Both sides say something, twice: a reset would come with the first acknowledgement. */
async function assertConverses({ client, server }: OneNetwork, address: string): Promise<void> {
  const serving = server.start(['nc', '-v', '-n', address.includes(':') ? '-6' : '-4', '-l', '-p', '443'], { keepInput: true });
  await serving.saw(/[Ll]istening/);
  const asking = client.start(['nc', '-n', '-N', address, '443'], { keepInput: true });
  for (const turn of ['first', 'second']) {
    asking.write(`${turn} question\n`);
    await serving.saw(new RegExp(`${turn} question`));
    serving.write(`${turn} answer\n`);
    await asking.saw(new RegExp(`${turn} answer`));
  }
  asking.endInput();
  serving.endInput();
  assert.deepEqual([(await asking.finished).code, (await serving.finished).code], [0, 0]);
}

suite('a gateway with one device', { skip, concurrency: 2 }, () => {
  test('lets servers of its network answer clients that reach them past it', async (t) => {
    const net = openOneNetwork(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443']);
    for (const address of ['10.88.0.3', 'fd88::3']) await assertConverses(net, address);
    await gateway.stop();
  });

  test('does so with the rules of iptables', async (t) => {
    const net = openOneNetwork(t);
    const { stdout } = await runGateway(net.gateway, ['show', '--from', 'eth0', '--ports', '443', '--as', 'iptables']);
    await net.gateway.shell(stdout);
    for (const address of ['10.88.0.3', 'fd88::3']) await assertConverses(net, address);
  });
});
