/**
 * A gateway whose addresses change while it runs, as DHCP, another prefix of the provider or a cable change them: what was taken before leaves
 * in clear no more than what comes after, and questions of the hosts are answered as before.
 */
// Tests: src/gateway/rules/rules.ts, src/daemon/dns-devices.ts, src/linux/network/device-addresses.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { Capture } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { GATEWAY_PACKAGES, receiverCertificate, runGateway, startGateway, startHttps } from '../support/overcoat/gateway.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'tshark', 'tcpdump', 'netcat-openbsd', 'dnsutils', 'iptables'] });
const NAME_SERVER = new URL('../support/net/name-server.ts', import.meta.url).pathname;
const NAME = 'www.example.test';

/** The hosts reach the gateway by addresses that stay: 10.88.1.1, fd88::1. What is nobody's the gateway forwards to the receiver. */
function network(t: TestContext): ThreeHosts {
  const net = openThreeHosts();
  t.after(() => net.close());
  const { gateway, sender, lan, wan } = net;
  for (const [host, last] of [[gateway, 1] as const, [sender, 2] as const]) {
    host.ip('address', 'add', `10.88.1.${last}/24`, 'dev', 'eth0');
    host.ip('address', 'add', `fd88::${last}/64`, 'dev', 'eth0', 'nodad');
  }
  sender.ip('address', 'del', `${lan.left.v4}/24`, 'dev', 'eth0');
  sender.ip('address', 'del', `${lan.left.v6}/64`, 'dev', 'eth0');
  sender.ip('route', 'replace', 'default', 'via', '10.88.1.1');
  sender.ip('-6', 'route', 'replace', 'default', 'via', 'fd88::1');
  gateway.ip('route', 'add', 'default', 'via', wan.right.v4);
  gateway.ip('-6', 'route', 'add', 'default', 'via', wan.right.v6);
  return net;
}

/** Other addresses in the place of the first ones. */
function renumber({ gateway, lan }: ThreeHosts, v4: string, v6: string): void {
  gateway.ip('address', 'del', `${lan.right.v4}/24`, 'dev', 'eth0');
  gateway.ip('address', 'add', `${v4}/24`, 'dev', 'eth0');
  gateway.ip('address', 'del', `${lan.right.v6}/64`, 'dev', 'eth0');
  gateway.ip('address', 'add', `${v6}/64`, 'dev', 'eth0', 'nodad');
}

/** A rule of somebody else: what is sent to port 8080 of `address` goes to port 15001 of another machine. */
function redirection(family: 'ip' | 'ip6', address: string, to: string): string {
  const rule = `${family} daddr ${address} tcp dport 8080 dnat to ${to}:15001`;
  return `nft 'table ${family} theirs { chain prerouting { type nat hook prerouting priority dstnat - 10; ${rule}; }; }'`;
}

suite('a gateway whose addresses change', { skip, concurrency: 2 }, () => {
  for (const fail of ['closed', 'open'] as const)
    for (const family of ['v4', 'v6'] as const)
      test(`forwards nothing in clear of what it had taken (--fail ${fail}, ${family})`, async (t) => {
        const net = network(t);
        // Redirected to the first of IPv4, and to the newest of IPv6.
        net.gateway.ip('address', 'del', `${net.lan.right.v6}/64`, 'dev', 'eth0');
        net.gateway.ip('address', 'add', `${net.lan.right.v6}/64`, 'dev', 'eth0', 'nodad');
        // Else the kernel drops them for as long as it has the socket; a minute after that has ended it forwards them.
        net.gateway.sysctl({ 'net.ipv4.tcp_early_demux': 0 });
        await startHttps(t, net, [443]);
        const args = ['--ports', '443', '--fail', fail, '--pin', receiverCertificate(net).certFile];
        const gateway = await startGateway(t, net.gateway, args);
        const client = net.sender.start(['nc', net.wan.right[family], '443'], { keepInput: true });
        client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await client.saw(/through TLS/);
        const capture = await Capture.start(net.wan.left);
        t.after(() => capture.close());
        renumber(net, '10.99.1.1', 'fd99::1');
        client.write('GET /in-clear HTTP/1.1\r\nHost: x\r\n\r\n');
        await eventually('it is sent, or cut', async () => client.ended || (await capture.packets('frame contains "in-clear"')) > 0, {
          every: 200,
        });
        await capture.stop();
        assert.equal(await capture.packets('frame contains "in-clear"'), 0);
        for (const _ of ['drains', 'does not wait']) gateway.signal('SIGTERM');
        await gateway.program.finished;
      });

  for (const mode of ['nft', 'iptables'] as const)
    test(`forwards what others redirect to ports of the same numbers (${mode})`, async (t) => {
      const net = network(t);
      const { gateway, receiver, sender, wan } = net;
      await gateway.shell(redirection('ip', '192.0.2.9', wan.right.v4));
      await gateway.shell(redirection('ip6', '2001:db8::9', `[${wan.right.v6}]`));
      const flags = ['--from', 'eth0', '--ports', '443', '--dns'];
      const { stdout } = await runGateway(gateway, ['show', ...flags, '--as', mode]);
      await gateway.shell(stdout);
      for (const [address, listen] of [['192.0.2.9', '-4'] as const, ['2001:db8::9', '-6'] as const]) {
        const server = receiver.start(['nc', '-v', '-n', listen, '-l', '-p', '15001']);
        await server.saw(/[Ll]istening/);
        await sender.shell(`echo hello | nc -N -n ${address} 8080`);
        assert.equal((await server.finished).stdout, 'hello\n');
      }
    });

  test('answers questions at the new ones', async (t) => {
    const net = network(t);
    net.gateway.nameServers(net.wan.right.v4);
    await net.receiver.start([process.execPath, NAME_SERVER, net.wan.right.v4, JSON.stringify({ [NAME]: '192.0.2.7' })]).saw(/ready/);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--dns']);
    const asked = (server: string, ...how: string[]): Promise<string> =>
      net.sender.shell(`dig ${how.join(' ')} +short +time=3 +tries=1 @${server} ${NAME} || true`);
    const assertAnswers = async (): Promise<void> => {
      for (const server of ['203.0.113.1', '2001:db8::1'])
        for (const how of ['+notcp', '+tcp']) assert.equal(await asked(server, how), '192.0.2.7\n', `${server} ${how}`);
    };
    await assertAnswers();
    const from = gateway.lines.length;
    renumber(net, '10.99.1.1', 'fd99::1');
    for (const address of ['10.99.1.1', 'fd99::1']) await gateway.line(`DNS forwarder bound to ${address}:15053`, { from });
    await assertAnswers();
    gateway.takeBaseline();
    await gateway.stop();
  });

  test('starts without a cable, and answers once there is one', async (t) => {
    const net = openThreeHosts();
    t.after(() => net.close());
    net.gateway.nameServers(net.wan.right.v4);
    await net.receiver.start([process.execPath, NAME_SERVER, net.wan.right.v4, JSON.stringify({ [NAME]: '192.0.2.7' })]).saw(/ready/);
    net.sender.ip('link', 'set', 'eth0', 'down');
    await eventually('there is no carrier', async () => (await net.gateway.shell('ip -br link show eth0')).includes('NO-CARRIER'));
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--dns']);
    await gateway.line(/LOG4.*eth0 has no address yet/);
    net.sender.ip('link', 'set', 'eth0', 'up');
    net.sender.ip('route', 'replace', 'default', 'via', net.lan.right.v4);
    await gateway.line(`DNS forwarder bound to ${net.lan.right.v4}:15053`);
    assert.equal(await net.sender.shell(`dig +short +time=3 @203.0.113.1 ${NAME}`), '192.0.2.7\n');
    gateway.takeBaseline();
    await gateway.stop();
  });
});
