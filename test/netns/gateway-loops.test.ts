/**
 * Ways for a connection to come back to us, and how each is stopped: direct hits on the intercept port, a rule that catches our own
 * packets, and a loop through another machine.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { Host, ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { fetched, GATEWAY_PACKAGES, startGateway } from '../support/overcoat/gateway.ts';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'iptables'] });
const CONNECT_MANY = join(ROOT, 'test/support/net/connect-many.ts');
const LOOP = /LOG3\[\d+\]: .*Refused as a loop: /;

function network(t: TestContext): ThreeHosts {
  const net = openThreeHosts();
  t.after(() => net.close());
  return net;
}

const loopLines = (daemon: Daemon): string[] => daemon.lines.filter((line) => LOOP.test(line));
const dials = (daemon: Daemon): number => daemon.lines.filter((line) => line.includes('s_connect: connecting')).length;

suite('loops', { skip, concurrency: 2 }, () => {
  for (const mode of ['redirect', 'tproxy'])
    test(`200 direct hits on the intercept port are closed, one line each, nothing is dialled (${mode})`, async (t) => {
      const net = network(t);
      const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--mode', mode, '--debug', '7']);
      const hit = async (host: Host, address: string, count: number): Promise<void> => {
        const said = loopLines(gateway).length;
        await outputOf([process.execPath, CONNECT_MANY, address, '15001', String(count)], { place: host });
        await gateway.program.until(() => (loopLines(gateway).length >= said + count ? true : undefined));
        assert.equal(loopLines(gateway).length, said + count, address);
      };
      for (const address of [net.lan.right.v4, net.lan.right.v6]) await hit(net.sender, address, 40);
      for (const address of [
        net.lan.right.v4,
        net.wan.left.v4,
        '127.0.0.1',
        '127.9.9.9',
        '0.0.0.0',
        '::ffff:10.77.1.2',
        '::1',
        '::',
        net.wan.left.v6,
      ]) {
        await hit(net.gateway, address, 14);
      }
      assert.ok(loopLines(gateway).length >= 200);
      assert.equal(dials(gateway), 0);
      await gateway.stop();
    });

  test('a rule that catches our own connections is refused at the first re-entry', async (t) => {
    const net = network(t);
    for (const program of ['iptables', 'ip6tables']) {
      await net.gateway.shell(`${program} -t nat -A PREROUTING -i eth0 -p tcp --dport 443 -j REDIRECT --to-ports 4430
        ${program} -t nat -A OUTPUT -p tcp --dport 443 -j REDIRECT --to-ports 4430`);
    }
    const config = clientSection('wrap', { accept: '4430', transparent: 'destination' });
    const daemon = await startDaemon(t, { config, place: net.gateway });
    for (const address of [net.wan.right.v4, `[${net.wan.right.v6}]`]) {
      for (const from of [net.sender, net.gateway]) {
        const before = dials(daemon);
        const said = loopLines(daemon).length;
        assert.match(await fetched(from, `http://${address}:443/`), /^<(?:56|7|52)>$/);
        await eventually('the re-entry is refused', () => loopLines(daemon).length > said);
        await daemon.holdsNothing();
        assert.equal(dials(daemon), before + 1, 'one connection, whose re-entry is not dialled again');
        assert.equal(loopLines(daemon).length, said + 1);
        assert.match(loopLines(daemon).at(-1) ?? '', /a connection Overcoat itself made to .*; exempt Overcoat's own connections/);
      }
    }
    await daemon.stop();
  });

  test('a loop through another machine is cut with one line', async (t) => {
    const net = network(t);
    // The next machine sends everything back to the gateway, as a router with a wrong route and address translation does.
    await net.receiver.shell('sysctl -qw net.ipv4.ip_forward=1; iptables -t nat -A POSTROUTING -j MASQUERADE; ip address flush dev lo');
    net.receiver.ip('route', 'replace', '192.0.2.0/24', 'via', net.wan.left.v4);
    net.gateway.ip('route', 'add', '192.0.2.0/24', 'via', net.wan.right.v4);
    const gateway = await startGateway(t, net.gateway, ['--from', 'eth1', '--ports', '443']);
    const answer = await fetched(net.sender, 'http://192.0.2.7:443/');
    assert.match(answer, /^<\d+>$/);
    await gateway.line(/Refused as a loop: connections to 192\.0\.2\.7:443 pile up and it never answers/);
    await gateway.holdsNothing();
    assert.equal(loopLines(gateway).length, 1);
    const accepted = (): number => gateway.lines.filter((line) => line.includes('accepted connection')).length;
    assert.ok(accepted() > 200 && accepted() <= 300, `${accepted()} connections`);
    await fetched(net.sender, 'http://192.0.2.7:443/');
    await gateway.holdsNothing();
    assert.equal(loopLines(gateway).length, 1, 'said once');
    assert.ok(accepted() <= 310, 'while it is suspected few are tried');
    await gateway.stop();
  });
});
