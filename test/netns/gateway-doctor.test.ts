/** `gateway doctor`: every link of the chain is broken in turn, and the doctor names it and what to do. */
// Tests: src/gateway/doctor/
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { after, before, suite, test } from 'node:test';
import { authority } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { BIN, openBin } from '../support/overcoat/checkout.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { fetched, GATEWAY_PACKAGES, receiverCertificate, runGateway, startGateway, startHttps } from '../support/overcoat/gateway.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { sharedFolder, tempFolder, writeFiles } from '../support/temp.ts';

const skip = requires({ netns: true, packages: GATEWAY_PACKAGES, commands: ['setpriv', 'unshare'] });
const OVERCOAT = join(BIN, 'overcoat');
const SCRATCH = join(sharedFolder(), 'ruleset');

/** What the doctor said: `FAULT IPv4 forwarding: off`, each followed by its fix. */
interface Diagnosis {
  readonly code: number | null;
  readonly text: string;
}

async function examine(net: ThreeHosts, flags: readonly string[] = []): Promise<Diagnosis> {
  const { code, stdout, stderr } = await runGateway(net.gateway, ['doctor', ...flags]);
  assert.equal(stderr, '');
  return { code, text: stdout };
}

/** The finding about a link: `health: text -> fix`. */
function about({ text }: Diagnosis, link: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.replace(/^\S+ +/, '').startsWith(`${link}: `));
  assert.ok(at >= 0, `nothing about ${link} in\n${text}`);
  const fix = lines[at + 1]?.trim().startsWith('->') === true ? ` ${lines[at + 1]?.trim()}` : '';
  return `${lines[at]?.replace(/ +/g, ' ')}${fix}`;
}

async function network(t: Pick<TestContext, 'after'>): Promise<ThreeHosts> {
  const net = openThreeHosts();
  t.after(() => net.close());
  for (const device of ['all', 'eth0']) net.gateway.sysctl({ [`net.ipv4.conf.${device}.rp_filter`]: 0 });
  net.gateway.ip('route', 'add', 'default', 'via', net.wan.right.v4);
  net.gateway.ip('-6', 'route', 'add', 'default', 'via', net.wan.right.v6);
  await startHttps(t, net, [443]);
  return net;
}

const ports = ['--from', 'eth0', '--ports', '443'];

suite('the doctor', { skip }, () => {
  let net: ThreeHosts;
  const undos: (() => void | Promise<void>)[] = [];

  /** A gateway of `up` with a daemon beside it that is not root: nothing puts back what a test takes away. */
  before(async () => {
    const owner = { after: (undo: () => void | Promise<void>) => undos.push(undo) };
    net = await network(owner);
    assert.equal((await runGateway(net.gateway, ['up', ...ports, '--mode', 'tproxy'])).code, 0);
    const { certFile } = receiverCertificate(net);
    const service = clientSection('wrap', { accept: '15001', transparent: 'destination', pin: certFile });
    const config = optionLines({ setuid: 'nobody', setgid: 'nogroup' }) + service;
    await startDaemon(owner, { config, place: net.gateway });
  });

  after(async () => {
    await runGateway(net.gateway, ['down']);
    for (const undo of undos.reverse()) await undo();
  });

  test('finds nothing wrong with a chain that works, and a real connection went through it', async () => {
    assert.equal(await fetched(net.sender, `http://${net.wan.right.v4}:443/`), 'through TLS');
    const found = await examine(net);
    assert.equal(found.code, 0, found.text);
    assert.match(found.text, /^0 fault\(s\), [01] warning\(s\)$/m, found.text); // in a container that is one
    assert.match(about(found, 'test connection (IPv4)'), /^ok .* came out as TLS$/);
    assert.match(about(found, 'test connection (IPv6)'), /^ok .* came out as TLS$/);
    assert.match(about(found, 'packets from the LAN'), /^ok .* from 10\.77\.1\.1/);
    assert.match(about(found, 'fails closed'), /^ok .*: yes/);
    assert.match(await net.gateway.shell('ip -br link'), /^(?:lo|eth0|eth1)(?:(?!overcoat).)*$/s, 'what the test built is gone');
  });

  /** Breaks something, asks, mends it again. */
  const CASES: readonly {
    readonly what: string;
    readonly breaks: string;
    readonly mends: string;
    readonly expected: Record<string, RegExp>;
  }[] = [
    {
      what: 'IPv4 forwarding',
      breaks: 'sysctl -qw net.ipv4.ip_forward=0',
      mends: 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0',
      expected: { 'IPv4 forwarding': /^FAULT .*off -> sysctl -w net\.ipv4\.ip_forward=1$/ },
    },
    {
      what: 'IPv6 forwarding',
      breaks: 'sysctl -qw net.ipv6.conf.all.forwarding=0',
      mends: 'sysctl -qw net.ipv6.conf.all.forwarding=1',
      expected: { 'IPv6 forwarding': /^FAULT .*off -> sysctl -w net\.ipv6\.conf\.all\.forwarding=1$/ },
    },
    {
      what: 'a strict reverse path filter',
      breaks: 'sysctl -qw net.ipv4.conf.eth0.rp_filter=1',
      mends: 'sysctl -qw net.ipv4.conf.eth0.rp_filter=0',
      expected: { 'reverse path filter': /^WARNING .*strict on eth0.* -> sysctl -w net\.ipv4\.conf\.eth0\.rp_filter=2/ },
    },
    {
      what: 'a strict reverse path filter that looks at the mark',
      breaks: 'sysctl -qw net.ipv4.conf.eth0.rp_filter=1 net.ipv4.conf.all.src_valid_mark=1',
      mends: 'sysctl -qw net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.all.src_valid_mark=0',
      expected: { 'reverse path filter': /^FAULT .*src_valid_mark, eth0 drops every packet/ },
    },
    {
      what: 'route_localnet',
      breaks: 'sysctl -qw net.ipv4.conf.eth0.route_localnet=1',
      mends: 'sysctl -qw net.ipv4.conf.eth0.route_localnet=0',
      expected: { route_localnet: /^WARNING .*on for eth0: .*127\.0\.0\.1 -> / },
    },
    {
      what: 'redirect messages that the rules drop',
      breaks: 'sysctl -qw net.ipv4.conf.all.send_redirects=1',
      mends: 'sysctl -qw net.ipv4.conf.all.send_redirects=0',
      expected: { send_redirects: /^ok .*on for eth0, and the rules drop the messages$/ },
    },
    {
      what: 'redirect messages that nothing drops',
      breaks: `nft list table inet overcoat_guard >${SCRATCH}; nft delete table inet overcoat_guard; sysctl -qw net.ipv4.conf.all.send_redirects=1`,
      mends: `nft -f ${SCRATCH}; sysctl -qw net.ipv4.conf.all.send_redirects=0`,
      expected: { send_redirects: /^WARNING .*go past this gateway -> sysctl -w net\.ipv4\.conf\.all\.send_redirects=0/ },
    },
    {
      what: 'the TPROXY rule',
      breaks: 'ip -4 rule del fwmark 0x4f43',
      mends: 'ip -4 rule add priority 20291 fwmark 0x4f43 lookup 20291',
      expected: { 'TPROXY route (IPv4)': /^FAULT .*missing.* -> ip -4 rule add/, 'test connection (IPv4)': /^FAULT/ },
    },
    {
      what: 'the TPROXY route',
      breaks: 'ip -6 route del local default table 20291',
      mends: 'ip -6 route add local default dev lo table 20291',
      expected: { 'TPROXY route (IPv6)': /^FAULT .*missing.* -> ip -6 rule add/ },
    },
    {
      what: 'a firewall that drops what is handed over',
      breaks:
        "nft 'add table inet firewall; add chain inet firewall in { type filter hook input priority 0; }; add rule inet firewall in tcp dport { 443, 15001 } drop'",
      mends: 'nft delete table inet firewall',
      expected: { 'test connection (IPv4)': /^FAULT .*got no answer -> .*other tables/ },
    },
    {
      what: 'a firewall whose rule names a port that is taken',
      breaks:
        "nft 'add table inet firewall; add chain inet firewall in { type filter hook input priority 0; }; add rule inet firewall in tcp dport { 80, 443 } drop'",
      mends: 'nft delete table inet firewall',
      expected: {
        'other tables': /^FAULT .*table inet firewall, chain in .*drops what goes to port 443 -> nft -a list chain inet firewall in$/,
      },
    },
    {
      what: 'a firewall that accepts only some',
      breaks: "nft 'add table inet firewall; add chain inet firewall in { type filter hook input priority 0; policy drop; }'",
      mends: 'nft delete table inet firewall',
      expected: {
        'other tables':
          /^WARNING .*what has the mark 0x4f43 has to be accepted -> nft 'insert rule inet firewall in meta mark 0x4f43 accept'$/,
      },
    },
    {
      what: 'no way out',
      breaks: 'ip route del default; ip -6 route del default',
      mends: 'ip route add default via 10.77.2.2; ip -6 route add default via fd77:2::2',
      expected: { 'way out (IPv4)': /^WARNING .*no default route/, 'way out (IPv6)': /^WARNING .*no default route/ },
    },
    {
      what: 'a device without addresses of one family',
      breaks: 'ip address del 10.77.1.2/24 dev eth0',
      mends: 'ip address add 10.77.1.2/24 dev eth0',
      expected: { 'device eth0': /^WARNING .*no IPv4 address/ },
    },
    {
      what: 'a missing guard',
      breaks: `nft list table inet overcoat_guard >${SCRATCH}; nft delete table inet overcoat_guard`,
      mends: `nft -f ${SCRATCH}`,
      expected: {
        'fails closed': /^FAULT .*overcoat_guard is gone.*forwarded in clear/,
      },
    },
    {
      what: 'missing interception rules',
      breaks: `nft list ruleset >${SCRATCH}; nft flush ruleset`,
      mends: `nft -f ${SCRATCH}`,
      expected: { 'interception rules': /^FAULT .*missing/, 'test connection (IPv4)': /^FAULT .*IN CLEAR/ },
    },
  ];
  for (const { what, breaks, mends, expected } of CASES)
    test(`names ${what}`, async () => {
      await net.gateway.shell(breaks);
      const found = await examine(net).finally(() => net.gateway.shell(mends));
      for (const [link, pattern] of Object.entries(expected)) assert.match(about(found, link), pattern);
      assert.equal(found.code, /^FAULT/m.test(found.text) ? 1 : 0);
    });

  test('names a full connection table, a container, and a missing program', async (t) => {
    const files = writeFiles(tempFolder(t), { count: '262144\n', max: '262144\n', environ: 'container=lxc\0' });
    const tracking = '/proc/sys/net/netfilter/nf_conntrack';
    const inside = (mounts: string) =>
      runProgram(['unshare', '-m', 'sh', '-euc', `${mounts}; exec ${OVERCOAT} gateway doctor`], { place: net.gateway });
    const full = await inside(
      `mount --bind ${files.count} ${tracking}_count; mount --bind ${files.max} ${tracking}_max; mount --bind ${files.environ} /proc/1/environ`,
    );
    const found = { code: full.code, text: full.stdout };
    assert.match(
      about(found, 'connection tracking'),
      /^FAULT .*full \(262144 of 262144\).* -> sysctl -w net\.netfilter\.nf_conntrack_max=524288$/,
    );
    assert.match(about(found, 'container or host'), /^WARNING .*lxc container/);
    const without = await inside('mount --bind /dev/null "$(command -v nft)"');
    assert.match(
      about({ code: without.code, text: without.stdout }, 'programs'),
      /^FAULT .*nft is not installed -> install the package nftables$/,
    );
  });

  test('names missing privileges', async () => {
    const argv = ['setpriv', '--reuid', 'nobody', '--clear-groups', join(openBin(), 'overcoat'), 'gateway', 'doctor'];
    const { code, stdout } = await runProgram(argv, { place: net.gateway });
    assert.equal(code, 1);
    assert.match(about({ code, text: stdout }, 'privileges'), /^FAULT .*CAP_NET_ADMIN is missing -> run as root$/);
  });
});

suite('the doctor, elsewhere', { skip, concurrency: 2 }, () => {
  test('says what is missing before anything is installed', async (t) => {
    const net = await network(t);
    const found = await examine(net, [...ports, '--from', 'eth9']);
    assert.equal(found.code, 1);
    assert.match(about(found, 'gateway'), /^FAULT .*none is installed/);
    assert.match(about(found, 'device eth9'), /^FAULT .*there is no such device; there are: eth0, eth1 -> /);
    assert.match(about(found, 'listener'), /^FAULT .*nothing listens on port 15001/);
    assert.match(about(found, 'packets from the LAN'), /^skipped .*nothing is counted$/);
    assert.match(about(found, 'test connection (IPv4)'), /^FAULT .*IN CLEAR/);
  });

  test('says that a killed gateway refuses its ports', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--pin', receiverCertificate(net).certFile]);
    const running = await examine(net);
    assert.match(about(running, 'gateway'), new RegExp(`^ok gateway: running with pid ${gateway.pid}$`));
    assert.match(about(running, 'test connection (IPv4)'), /^ok/);
    assert.match(about(await examine(net), 'packets from the LAN'), /^WARNING .*none arrived/, 'its own test is nobody of the LAN');
    process.kill(gateway.pid, 'SIGKILL');
    await eventually('the interception is gone', async () => !/^table inet overcoat$/m.test(await net.gateway.shell('nft list tables')));
    const found = await examine(net);
    assert.match(about(found, 'gateway'), /^FAULT .*was killed .*its ports are refused.* -> .*gateway down/);
    assert.match(about(found, 'fails closed'), /^ok/);
    assert.match(about(found, 'listener'), /^FAULT/);
    assert.match(about(found, 'test connection (IPv4)'), /^FAULT .*refused on the way, by the guard .* -> start the gateway again$/);
    assert.match(about(found, 'packets from the LAN'), /^skipped .*nothing is counted$/);
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });

  test('tries a real server through all layers, with the trust of the gateway, and answers as JSON', async (t) => {
    const net = await network(t);
    net.gateway.names({ 'www.example.test': net.wan.right.v4, 'other.example.test': net.wan.right.v4 });
    const flags = ['--ports', '443', '--map-port', '444:443', '--ca', authority().certFile];
    const gateway = await startGateway(t, net.gateway, flags);
    const good = await examine(net, ['--to', 'www.example.test:444']);
    assert.equal(good.code, 0, good.text);
    const of = (found: Diagnosis, layer: string, to = 'www.example.test:444'): string => about(found, `${to}, ${layer}`);
    assert.match(of(good, 'name'), /^ok .*10\.77\.2\.2$/);
    assert.match(of(good, 'route'), /^ok .*10\.77\.2\.2 dev eth1/);
    assert.match(of(good, 'interception'), /^ok .*taken and leaves for port 443$/);
    assert.match(of(good, 'protocol'), /^ok .*TLS from the first byte$/);
    assert.match(of(good, 'TLS'), /^ok .*TLSv1\.[23]$/);
    assert.match(of(good, 'verdict'), /^ok .*accepted: /);
    const other = await examine(net, ['--to', 'other.example.test:443']);
    assert.equal(other.code, 1);
    assert.match(of(other, 'verdict', 'other.example.test:443'), /^FAULT .*handshake_verification: .*not for other\.example\.test.* -> \S/);
    const { code, stdout } = await runGateway(net.gateway, ['doctor', '--json', '--to', 'www.example.test:8080']);
    const json = JSON.parse(stdout) as { findings: { link: string; health: string; fix?: string }[]; faults: number; warnings: number };
    assert.deepEqual([code, json.faults], [1, 1], stdout);
    const refused = json.findings.find(({ health }) => health === 'fault');
    assert.equal(refused?.link, 'www.example.test:8080, connection');
    assert.match(json.findings.find(({ link }) => link.endsWith('8080, interception'))?.fix ?? '', /--ports 8080/);
    await gateway.stop();
  });

  test('warns of --fail open, and of a listener without IPv6', async (t) => {
    const net = await network(t);
    assert.equal((await runGateway(net.gateway, ['up', ...ports, '--fail', 'open'])).code, 0);
    const config = clientSection('wrap', { accept: '0.0.0.0:15001', transparent: 'destination', pin: receiverCertificate(net).certFile });
    await startDaemon(t, { config, place: net.gateway });
    const found = await examine(net);
    assert.match(about(found, 'fails closed'), /^WARNING .*--fail open/);
    assert.match(about(found, 'IPv6 covered'), /^FAULT .*nothing listens on \[::\]:15001/);
    assert.match(about(found, 'test connection (IPv4)'), /^ok/);
    assert.match(about(found, 'test connection (IPv6)'), /^FAULT .*refused on the way/);
    assert.match(await outputOf([OVERCOAT, 'gateway', 'down'], { place: net.gateway }), /^Undone:\n/);
  });
});
