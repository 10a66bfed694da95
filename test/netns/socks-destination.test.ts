/**
 * `protocol = socks` in client mode without protocolHost: a redirected client reaches the address it dialled, by way of a SOCKS server
 * that is asked for it inside TLS. The SOCKS server is our own server mode.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { clientSection, identity, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { receiverCertificate } from '../support/overcoat/gateway.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

const TARGET = `require('net').createServer({ allowHalfOpen: true }, (s) => s.on('error', () => {}).pipe(s)).listen(7000, '::', () => console.log('ready'))`;

suite('SOCKS to the original destination', { skip: requires({ netns: true, packages: ['iptables', 'netcat-openbsd'] }) }, () => {
  const t = suiteEnd();
  let net: ThreeHosts;
  let socks: Daemon;
  let gateway: Daemon;

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    await net.gateway.shell(
      'for f in iptables ip6tables; do $f -t nat -I PREROUTING -i eth0 -p tcp --dport 7000 -j REDIRECT --to-ports 1500; done',
    );
    await net.receiver.start([process.execPath, '-e', TARGET]).saw(/ready/);
    socks = await startDaemon(t, {
      config: serverSection('socks', { accept: '1080', protocol: 'socks', ...identity(receiverCertificate(net)) }),
      place: net.receiver,
    });
    gateway = await startDaemon(t, {
      config: clientSection('socks', {
        accept: '1500',
        connect: `${net.wan.right.v4}:1080`,
        protocol: 'socks',
        ...verified('www.example.test'),
      }),
      place: net.gateway,
    });
  });

  for (const family of ['v4', 'v6'] as const) {
    test(`a sender is redirected and arrives, over IP${family}`, async () => {
      const address = net.wan.right[family];
      const from = socks.lines.length;
      assert.equal(await net.sender.shell(`echo through | nc -N -w 60 ${address} 7000`), 'through\n');
      await socks.line(/s_connect: connected .*:7000/, { from });
    });
  }

  test('a client that was not redirected is refused as a loop', async () => {
    const from = gateway.lines.length;
    await net.gateway.shell('echo direct | nc -N -w 60 127.0.0.1 1500 || true');
    await gateway.line('Refused as a loop', { from });
  });

  test('nothing is left', async () => {
    await gateway.stop();
    await socks.stop();
  });
});
