/**
 * `transparent = source` and `both` on a real gateway: the receiver sees the sender's own address, over IPv4 and IPv6, in both modes and
 * together with each way of interception.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

/** Answers to sockets with a foreign address belong to this machine; port 82 is intercepted by TPROXY, 80 by REDIRECT. */
const RULES = `
nft -f - <<'NFT'
table inet both {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    meta l4proto tcp socket transparent 1 meta mark set 1 accept
    iifname "eth0" tcp dport 82 tproxy to :1501 meta mark set 1 accept
  }
  chain nat {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "eth0" tcp dport 80 redirect to :1501
  }
}
NFT
ip rule add fwmark 1 lookup 100
ip -6 rule add fwmark 1 lookup 100
ip route add local default dev lo table 100
ip -6 route add local default dev lo table 100
`;
const ECHO = `require('net').createServer({ allowHalfOpen: true }, (s) => s.on('error', () => {}).pipe(s)).listen(7000, '::', () => console.log('ready'))`;
const SENDERS = { IPv4: '10.77.1.1', IPv6: 'fd77:1::1' } as const;
const GATEWAYS = { IPv4: '10.77.1.2', IPv6: 'fd77:1::2' } as const;
const RECEIVERS = { IPv4: '10.77.2.2', IPv6: 'fd77:2::2' } as const;

suite('the sender as the source', { skip: requires({ netns: true, packages: ['nftables', 'netcat-openbsd'] }) }, () => {
  const t = suiteEnd();
  let net: ThreeHosts;
  let gateway: Daemon;
  let receiver: Daemon;

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    await net.gateway.shell(RULES);
    net.gateway.sysctl({ 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0 });
    await net.receiver.start([process.execPath, '-e', ECHO]).saw(/ready/);
    receiver = await startDaemon(t, {
      config: serverSection('unwrap', { accept: ['443', '80', '82'], connect: 7000 }),
      place: net.receiver,
    });
    gateway = await startDaemon(t, {
      config: [
        ...(['IPv4', 'IPv6'] as const).flatMap((family, index) => [
          clientSection(`source-${family}`, {
            accept: `120${index}`,
            connect: `${RECEIVERS[family]}:443`,
            transparent: 'source',
            ...verified(),
          }),
          serverSection(`server-${family}`, { accept: `121${index}`, connect: `${RECEIVERS[family]}:7000`, transparent: 'source' }),
        ]),
        clientSection('both', { accept: '1501', transparent: 'both', ...verified() }),
      ].join(''),
      place: net.gateway,
    });
  });

  for (const [index, family] of (['IPv4', 'IPv6'] as const).entries()) {
    test(`${family}, fixed target: address and port are the sender's`, async () => {
      const [here, there] = [gateway.lines.length, receiver.lines.length];
      assert.equal(await net.sender.shell(`echo through | nc -N -w 60 ${GATEWAYS[family]} 120${index}`), 'through\n');
      const arrived = await gateway.line(`Service [source-${family}] accepted connection from ${SENDERS[family]}:`, { from: here });
      const port = arrived.slice(arrived.lastIndexOf(':') + 1);
      await receiver.line(`Service [unwrap] accepted connection from ${SENDERS[family]}:${port}`, { from: there });
      await gateway.line(`Service [source-${family}] connected remote server from ${SENDERS[family]}:${port}`, { from: here });
    });

    test(`${family}, server mode`, async () => {
      const here = gateway.lines.length;
      const client = [
        'openssl',
        's_client',
        '-quiet',
        '-connect',
        `${family === 'IPv6' ? `[${GATEWAYS.IPv6}]` : GATEWAYS.IPv4}:121${index}`,
      ];
      const program = net.sender.start([...client, '-no_ign_eof'], { input: 'through\n' });
      await gateway.line(`Service [server-${family}] connected remote server from ${SENDERS[family]}:`, { from: here });
      await program.stop();
    });

    for (const [how, port] of Object.entries({ REDIRECT: 80, TPROXY: 82 })) {
      test(`${family}, intercepted by ${how}`, async () => {
        const there = receiver.lines.length;
        assert.equal(await net.sender.shell(`echo through | nc -N -w 60 ${RECEIVERS[family]} ${port}`), 'through\n');
        await receiver.line(`Service [unwrap] accepted connection from ${SENDERS[family]}:`, { from: there });
      });
    }
  }

  test("a client without an address of the target's family is refused, and told so", async () => {
    const here = gateway.lines.length;
    await net.sender.shell(`nc -N -w 60 ${GATEWAYS.IPv4} 1201 </dev/null || true`);
    await gateway.line(/LOG3\[\d+\]: transparent = source: the client has no IPv6 address to reach fd77:2::2 from$/, { from: here });
  });

  test('nothing is left open', async () => {
    await gateway.stop();
    await receiver.stop();
  });
});
