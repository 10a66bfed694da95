/**
 * `transparent = destination` on a real gateway: whatever the kernel does to the sender's packets (REDIRECT, DNAT, TPROXY, both
 * families), the connection arrives at the address the sender dialled, and one that was never intercepted is refused as a loop.
 */
// Tests: src/connection/dial/destination.ts, src/linux/sockets/transparent.ts
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { ManyResult } from '../support/net/connect-many.ts';
import { INTERCEPTION } from '../support/net/interception.ts';
import type { Host, ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { optionLines, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

const CONNECT_MANY = new URL('../support/net/connect-many.ts', import.meta.url).pathname;
const HITS = 200;

/** Ports 80 to 82 of the receiver, each intercepted another way; 443 as in the article, to the same port on the gateway. */
const RULES = `
${INTERCEPTION}iptables  -t nat -I PREROUTING -i eth0 -p tcp --dport 443 -j DNAT --to-destination 10.77.1.2:443
ip6tables -t nat -I PREROUTING -i eth0 -p tcp --dport 443 -j DNAT --to-destination [fd77:1::2]:443
`;
const BACKEND = `require('net').createServer({ allowHalfOpen: true }, (s) => s.on('error', () => {}).pipe(s)).listen(7000, '127.0.0.1', () => console.log('ready'))`;

suite('interception', { skip: requires({ netns: true, packages: ['iptables', 'netcat-openbsd'] }) }, () => {
  const t = suiteEnd();
  let net: ThreeHosts;
  let gateway: Daemon;

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    await net.gateway.shell(RULES);
    const unwrapping = serverSection('unwrap', { accept: ['80', '81', '82', '443'], connect: 7000 });
    await startDaemon(t, { config: unwrapping, place: net.receiver });
    await net.receiver.start([process.execPath, '-e', BACKEND]).saw(/ready/);
    const wrapping =
      optionLines({ client: true, transparent: 'destination', ...verified() }) +
      section('any', { accept: '1500' }) +
      section('article', { accept: '443' });
    gateway = await startDaemon(t, { config: wrapping, place: net.gateway });
  });

  for (const [how, port] of Object.entries({ REDIRECT: 80, DNAT: 81, TPROXY: 82 })) {
    for (const address of ['10.77.2.2', 'fd77:2::2']) {
      test(`${how} of a connection to ${address}`, async () => {
        const from = gateway.lines.length;
        assert.equal(await net.sender.shell(`echo through | nc -N -w 60 ${address} ${port}`), 'through\n');
        await gateway.line(`s_connect: connected ${address}:${port}`, { from });
        await gateway.line('Connection closed: 8 byte(s) sent to TLS, 8 byte(s) sent to socket', { from });
      });
    }
  }

  test('an intercepted destination that refuses is a reset for the sender', async () => {
    await net.gateway.shell('iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 99 -j REDIRECT --to-ports 1500');
    const from = gateway.lines.length;
    const { received } = await hit(net.sender, '10.77.2.2', 99, 1);
    assert.equal(received, 0);
    await gateway.line('s_connect: connect 10.77.2.2:99: Connection refused (111)', { from });
  });

  const direct: [what: string, from: 'gateway' | 'sender', address: string, port: number][] = [
    ['the loopback address', 'gateway', '127.0.0.1', 1500],
    ['another loopback address', 'gateway', '127.8.9.10', 1500],
    ['the IPv6 loopback address', 'gateway', '::1', 1500],
    ['a mapped loopback address', 'gateway', '::ffff:127.0.0.1', 1500],
    ['a mapped address of a device', 'gateway', '::ffff:10.77.2.1', 1500],
    ['an address of a device', 'gateway', '10.77.1.2', 1500],
    ['an IPv6 address of a device', 'gateway', 'fd77:2::1', 1500],
    ['the LAN address, from the LAN', 'sender', '10.77.1.2', 1500],
    ['the IPv6 LAN address, from the LAN', 'sender', 'fd77:1::2', 1500],
    ['the LAN address by DNAT to itself', 'sender', '10.77.1.2', 443],
    ['the other address of the gateway by DNAT', 'sender', '10.77.2.1', 443],
    ['the LAN address by TPROXY', 'sender', '10.77.1.2', 82],
    ['the IPv6 LAN address by TPROXY', 'sender', 'fd77:1::2', 82],
  ];
  for (const [what, from, address, port] of direct) {
    test(`a direct connection is a loop: ${what} (${address}:${port})`, async () => {
      const start = gateway.lines.length;
      const result = await hit(net[from], address, port, HITS);
      assert.deepEqual([result.closed, result.received], [HITS, 0]);
      assert.ok(result.slowestMs < 15_000, `${result.slowestMs} ms until the slowest was closed`);
      await gateway.holdsNothing();
      const lines = await eventually('one clear line for each', () => {
        const said = gateway.lines.slice(start);
        assert.equal(said.filter((line) => /LOG3\[\d+\]: .*[Rr]efused as a loop/.test(line)).length, HITS);
        return said;
      });
      assert.deepEqual(
        lines.filter((line) => line.includes('s_connect: connecting')),
        [],
        'no outgoing connection',
      );
    });
  }

  test('a direct connection to a link-local address is a loop', async () => {
    const start = gateway.lines.length;
    const address = (await net.gateway.shell('ip -6 -o addr show dev eth1 scope link')).match(/fe80:\S+(?=\/)/)?.[0] ?? '';
    assert.equal((await hit(net.gateway, `${address}%eth1`, 1500, 1)).received, 0);
    await gateway.line(/[Rr]efused as a loop/, { from: start });
    assert.equal(gateway.lines.slice(start).filter((line) => line.includes('s_connect')).length, 0);
  });

  test('nothing is left open', () => gateway.stop());
});

/** Makes the connections from inside a host, since only there they take its routes. */
async function hit(from: Host, address: string, port: number, count: number): Promise<ManyResult> {
  return JSON.parse(await outputOf([process.execPath, CONNECT_MANY, address, String(port), String(count)], { place: from }));
}
