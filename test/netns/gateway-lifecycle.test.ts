/**
 * What `overcoat gateway` does to a machine, and that all of it is undone: by TERM, by `gateway down` and by the next start after a
 * SIGKILL. In between the ports fail closed: not one clear byte leaves.
 */
// Tests: src/gateway/machine/apply.ts, src/gateway/machine/nft-session.ts, src/gateway/machine/policy-route.ts, src/gateway/scaffold.ts, src/gateway/show.ts
// Tests: src/gateway/machine/devices.ts, src/gateway/machine/tools.ts
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { openBin } from '../support/overcoat/checkout.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import {
  fetched,
  GATEWAY_PACKAGES,
  machineState,
  receiverCertificate,
  runGateway,
  startGateway,
  startHttps,
} from '../support/overcoat/gateway.ts';
import { makeMedia, probe, startPublishing } from '../support/peers/ffmpeg.ts';
import { startNginx, startRtmpReceiver } from '../support/peers/nginx.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const skip = requires({
  netns: true,
  packages: [
    ...GATEWAY_PACKAGES,
    'ffmpeg',
    'libnginx-mod-rtmp',
    'libnginx-mod-stream',
    'tshark',
    'tcpdump',
    'netcat-openbsd',
    'iptables',
    'procps',
  ],
  commands: ['unshare', 'setpriv'],
});
/** curl: connection refused, or reset while it waited. */
const REFUSED = new Set(['<7>', '<56>']);

/** A sender, a machine that is no gateway yet, and a receiver with HTTPS on 443 and 8443. */
async function network(t: TestContext): Promise<ThreeHosts> {
  const net = openThreeHosts();
  t.after(() => net.close());
  net.gateway.sysctl({ 'net.ipv4.ip_forward': 0, 'net.ipv6.conf.all.forwarding': 0 });
  await startHttps(t, net, [443, 8443]);
  // Link-local addresses that are still being tried out would appear in the middle of a comparison.
  await eventually('addresses have settled', async () => (await net.gateway.shell('ip -6 address show tentative')) === '');
  return net;
}

const pin = (net: ThreeHosts): string[] => ['--pin', receiverCertificate(net).certFile];
const tables = (net: ThreeHosts): Promise<string> => net.gateway.shell('nft list tables');

/** All but the hosts that the kernel has noted in sets. */
async function withoutMembers({ gateway }: ThreeHosts): Promise<string> {
  return (await machineState(gateway)).replaceAll(/^\t\telements = \{ [0-9a-f]+[.:].*\n/gm, '');
}

/** Takes a rule out of what `gateway up` has installed, and has it on file so. */
async function asOfAnotherVersion({ gateway }: ThreeHosts): Promise<void> {
  await gateway.shell('nft flush chain inet overcoat_guard forward');
  const url = new URL('../../src/gateway/machine/state.ts', import.meta.url).href;
  const work = `const m = await import('${url}'); m.writeState({ ...m.readState(), tables: 'without that rule' })`;
  await outputOf([process.execPath, '--input-type=module', '-e', work], { place: gateway });
}

async function assertWraps({ sender, wan }: ThreeHosts, port = 443): Promise<void> {
  assert.equal(await fetched(sender, `http://${wan.right.v4}:${port}/`), 'through TLS');
  assert.equal(await fetched(sender, `http://[${wan.right.v6}]:${port}/`), 'through TLS');
}

async function assertRefuses({ sender, wan }: ThreeHosts): Promise<void> {
  for (const address of [wan.right.v4, `[${wan.right.v6}]`]) {
    const answer = await fetched(sender, `http://${address}:443/`);
    assert.ok(REFUSED.has(answer), `${address}: ${answer}`);
  }
}

/** SIGKILL: nothing of ours runs afterwards, and the kernel has dropped the owned table. */
async function kill(net: ThreeHosts, pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await eventually('the interception is gone', async () => !/^table inet overcoat$/m.test(await tables(net)));
}

suite('the gateway', { skip, concurrency: 3 }, () => {
  for (const mode of ['redirect', 'tproxy'] as const)
    test(`wraps IPv4 and IPv6 (${mode}), and TERM leaves the machine as it was`, async (t) => {
      const net = await network(t);
      const before = await machineState(net.gateway);
      const gateway = await startGateway(t, net.gateway, ['--ports', '443,8000-9000', '--mode', mode, '--masquerade', ...pin(net)]);
      assert.equal(await net.gateway.shell('cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/eth1/forwarding'), '1\n1\n');
      await assertWraps(net);
      await assertWraps(net, 8443);
      assert.notEqual(await machineState(net.gateway), before);
      await gateway.stop();
      assert.equal(await machineState(net.gateway), before);
    });

  test('carries a stream of ffmpeg to a TLS front of nginx by --map-port, and TERM waits for its end', async (t) => {
    const net = await network(t);
    const before = await machineState(net.gateway);
    const media = join(tempFolder(t), 'media.flv');
    await makeMedia(media, 3);
    const receiver = await startRtmpReceiver('127.0.0.1:1936', { directory: tempFolder(t), place: net.receiver });
    const { certFile, keyFile } = receiverCertificate(net);
    const front = `stream { server { listen 4443 ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; proxy_pass 127.0.0.1:1936; } }`;
    await startNginx(front, { directory: tempFolder(t), place: net.receiver });
    const args = ['--ports', '1935', '--map-port', '1935:4443', '--ca', authority().certFile];
    const gateway = await startGateway(t, net.gateway, args);
    const capture = await Capture.start(net.wan.left);
    t.after(() => capture.close());
    const ffmpeg = startPublishing(media, `rtmp://${net.wan.right.v4}/live/key`, net.sender);
    await gateway.line('connected remote server');
    await gateway.stop({ holding: true });
    assert.equal((await ffmpeg.finished).code, 0, ffmpeg.output);
    assert.equal(await machineState(net.gateway), before);
    await capture.stop();
    const [stream, ...others] = await capture.tcpStreams();
    assert.deepEqual([isOnlyTlsRecords(stream?.fromClient ?? Buffer.alloc(0)), others.length], [true, 0]);
    await receiver.stop();
    const [sent, recorded] = [await probe(media), await probe(receiver.recordings()[0] ?? '')];
    assert.deepEqual([recorded.video?.packets, recorded.audio?.packets], [sent.video?.packets, sent.audio?.packets]);
  });

  for (const mode of ['redirect', 'tproxy'] as const)
    test(`fails closed after SIGKILL (${mode}) until it runs again, whose TERM restores what was before the first`, async (t) => {
      const net = await network(t);
      const before = await machineState(net.gateway);
      const args = ['--ports', '443', '--mode', mode, ...pin(net)];
      const killed = await startGateway(t, net.gateway, args);
      await assertWraps(net);
      const capture = await Capture.start(net.wan.left);
      t.after(() => capture.close());
      await kill(net, killed.pid);
      await assertRefuses(net);
      assert.equal(await tables(net), 'table inet overcoat_guard\n');
      const again = await startGateway(t, net.gateway, args);
      await assertWraps(net);
      await again.stop();
      assert.equal(await machineState(net.gateway), before);
      await capture.stop();
      const streams = await capture.tcpStreams();
      assert.equal(streams.length, 2, 'only what the second gateway wrapped');
      for (const { fromClient } of streams) assert.equal(isOnlyTlsRecords(fromClient), true);
    });

  test('`gateway down` after SIGKILL restores everything', async (t) => {
    const net = await network(t);
    const before = await machineState(net.gateway);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--mode', 'tproxy', ...pin(net)]);
    await kill(net, gateway.pid);
    const { code, stderr } = await runGateway(net.gateway, ['down']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(await machineState(net.gateway), before);
    assert.equal((await runGateway(net.gateway, ['down'])).stdout, 'Nothing is installed.\n');
  });

  test('a connection that was open when the gateway was killed leaks nothing either', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--mode', 'tproxy', ...pin(net)]);
    const client = net.sender.start(['nc', net.wan.right.v4, '443'], { keepInput: true });
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.saw(/through TLS/);
    const capture = await Capture.start(net.wan.left);
    t.after(() => capture.close());
    await kill(net, gateway.pid);
    client.write('GET /in-clear HTTP/1.1\r\nHost: x\r\n\r\n');
    client.endInput();
    await client.finished;
    await capture.stop();
    assert.equal(await capture.packets('frame contains "in-clear"'), 0);
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });

  for (const family of ['v4', 'v6'] as const)
    test(`what was open in clear before is cut, also where the server speaks first (${family})`, async (t) => {
      const net = await network(t);
      net.gateway.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
      const server = net.receiver.start(['nc', '-v', '-n', family === 'v4' ? '-4' : '-6', '-l', '-p', '1935'], { keepInput: true });
      await server.saw(/[Ll]istening/);
      const client = net.sender.start(['nc', '-n', '-N', net.wan.right[family], '1935'], { keepInput: true });
      client.write('before\n');
      await server.saw(/before/);
      const gateway = await startGateway(t, net.gateway, ['--ports', '1935', ...pin(net)]);
      const capture = await Capture.start(net.wan.left);
      t.after(() => capture.close());
      server.write('from the server\n');
      await eventually('the server has spoken', async () => server.ended || client.output.includes('from the server'));
      client.write('in-clear\n');
      client.endInput();
      await client.finished;
      await capture.stop();
      assert.equal(await capture.packets('frame contains "in-clear"'), 0);
      await gateway.stop();
    });

  test('with --fail open no rule is left after SIGKILL, and the ports are forwarded', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--fail', 'open', ...pin(net)]);
    await assertWraps(net);
    assert.equal(await tables(net), 'table inet overcoat\n');
    await kill(net, gateway.pid);
    assert.equal(await tables(net), '');
    assert.match(await fetched(net.sender, `http://${net.wan.right.v4}:443/`), /plain HTTP request was sent to HTTPS port/);
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });

  test('never locks its administrator out, nor the servers of the LAN, with all ports taken', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '1-65535', ...pin(net)]);
    const { lan, wan } = net;
    const talk = async (from: typeof net.sender, to: typeof net.sender, address: string): Promise<void> => {
      const server = to.start(['nc', '-v', '-n', '-l', ...(address.includes(':') ? ['-6'] : []), '-p', '22']);
      await server.saw(/[Ll]istening/);
      await outputOf(['nc', '-N', '-n', address, '22'], { place: from, input: `to ${address}` });
      assert.equal((await server.finished).stdout, `to ${address}`);
    };
    for (const address of [lan.right.v4, lan.right.v6, wan.left.v4, wan.left.v6]) await talk(net.sender, net.gateway, address);
    for (const address of [lan.left.v4, lan.left.v6]) await talk(net.receiver, net.sender, address);
    await assertWraps(net);
    await kill(net, gateway.pid);
    await talk(net.sender, net.gateway, lan.right.v4);
    await talk(net.receiver, net.sender, lan.left.v4);
    await assertRefuses(net);
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });

  for (const mode of ['redirect', 'tproxy'])
    test(`works on a machine whose IPv6 is switched off (${mode})`, async (t) => {
      const net = await network(t);
      net.gateway.sysctl({ 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 });
      const before = await machineState(net.gateway);
      const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--mode', mode, ...pin(net)]);
      assert.equal(await fetched(net.sender, `http://${net.wan.right.v4}:443/`), 'through TLS');
      await gateway.stop();
      assert.equal(await machineState(net.gateway), before);
    });

  test('goes on after SIGHUP', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', ...pin(net)]);
    const from = gateway.lines.length;
    gateway.signal('SIGHUP');
    await gateway.line('Configuration successful', { from });
    await assertWraps(net);
    await gateway.stop();
    assert.equal(await tables(net), '');
  });

  test('puts the guard back when somebody flushes the ruleset', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', ...pin(net)]);
    await net.gateway.shell('nft flush ruleset');
    await gateway.line('The table overcoat_guard was removed by somebody else');
    await eventually('the guard is back', async () => (await tables(net)).includes('overcoat_guard'));
    await assertWraps(net);
    await gateway.stop();
    assert.equal(await tables(net), '');
  });

  test('puts the interception back when its nft child is killed', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', ...pin(net)]);
    const children = await outputOf(['pgrep', '-P', String(gateway.pid), '-x', 'nft']);
    process.kill(Number(children), 'SIGKILL');
    await gateway.line('The interception rules were lost');
    await eventually('it is back', async () => /^table inet overcoat$/m.test(await tables(net)));
    await assertWraps(net);
    gateway.takeBaseline();
    await gateway.stop();
  });

  test('on a device that is not there refuses to start, and changes nothing', async (t) => {
    const net = await network(t);
    const before = await tables(net);
    const { code, stderr } = await runGateway(net.gateway, ['--from', 'nosuch0', '--ports', '443']);
    assert.equal(code, 1);
    assert.match(stderr, /^overcoat: --from nosuch0: there is no such device; there are: eth0, eth1\n$/);
    assert.equal(await tables(net), before);
  });

  test('on a part of a bridge refuses to start, and says which device it is', async (t) => {
    const net = await network(t);
    const before = await tables(net);
    await net.gateway.shell('ip link add br0 type bridge; ip link set eth0 master br0; ip link set br0 up');
    for (const action of [[], ['up']]) {
      const { code, stderr } = await runGateway(net.gateway, [...action, '--from', 'eth0', '--ports', '443']);
      assert.equal(code, 1);
      assert.match(stderr, /^overcoat: --from eth0: it is a part of br0, .*; write --from br0\n$/);
    }
    assert.equal(await tables(net), before);
    await net.gateway.shell('ip link set eth0 nomaster');
    const gateway = await startGateway(t, net.gateway, ['--ports', '443']);
    await gateway.stop();
  });

  test('there is one at a time, and the second does no harm', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', ...pin(net)]);
    for (const args of [['--from', 'eth0', '--ports', '443', '--listen', '15002'], ['up', '--from', 'eth0', '--ports', '443'], ['down']]) {
      const { code, stderr } = await runGateway(net.gateway, args);
      assert.equal(code, 1, args.join(' '));
      assert.match(
        stderr,
        new RegExp(`^overcoat: A gateway is running with pid ${gateway.pid}; end that process first \\(kill ${gateway.pid}\\), .*\n$`),
      );
    }
    await assertWraps(net);
    await gateway.stop();
  });

  test("`gateway up` beside a daemon of one's own stays until `gateway down`", async (t) => {
    const net = await network(t);
    const before = await machineState(net.gateway);
    const flags = ['up', '--from', 'eth0', '--ports', '443', '--listen', '4430', '--mode', 'tproxy'];
    const up = await runGateway(net.gateway, flags);
    assert.deepEqual([up.code, up.stderr], [0, '']);
    assert.match(up.stdout, /^Takes port 443 from eth0 \(.*\), by tproxy to port 4430\.\n.*\n.*Stays until `overcoat gateway down`/);
    await assertRefuses(net);
    const installed = await withoutMembers(net);
    const again = await runGateway(net.gateway, flags);
    assert.deepEqual([again.code, again.stderr], [0, '']);
    assert.match(again.stdout, /^Installed already, and as it is asked for now/);
    await asOfAnotherVersion(net);
    const renewed = await runGateway(net.gateway, flags);
    assert.match(renewed.stdout, /^Installed already, by another version: the rules are those of this one now\.\nTakes port 443 /);
    assert.equal(await withoutMembers(net), installed);
    assert.match((await runGateway(net.gateway, flags)).stdout, /^Installed already, and as it is asked for now/);
    const other = await runGateway(net.gateway, ['up', '--from', 'eth0', '--ports', '443,1935', '--listen', '4430']);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /--ports is 443, not 443,1935; --mode is tproxy, not redirect; run `overcoat gateway down` first\n$/);
    assert.equal(await withoutMembers(net), installed);
    await net.gateway.shell('nft flush ruleset');
    const flushed = await runGateway(net.gateway, ['status']);
    assert.equal(flushed.code, 1);
    assert.match(flushed.stdout, /^Installed by `overcoat gateway up`, but somebody has removed tables of it.*IN CLEAR.*gateway up.*\n/);
    assert.match((await runGateway(net.gateway, flags)).stdout, /^Installed already, but somebody had removed tables of it: they are back/);
    assert.equal(await withoutMembers(net), installed);
    const shown = await runGateway(net.gateway, ['show']);
    assert.match(shown.stdout, /tproxy ip to 127\.0\.0\.1:4430/, 'what is installed needs no flags');
    const status = await runGateway(net.gateway, ['status']);
    assert.equal(status.code, 0);
    assert.match(status.stdout, /^Installed by `overcoat gateway up`\.\nTakes port 443 from eth0/);
    const { certFile } = receiverCertificate(net);
    const config =
      optionLines({ foreground: true, syslog: false }) +
      clientSection('wrap', { accept: '4430', transparent: 'destination', pin: certFile });
    const daemon = await startDaemon(t, { config, bare: true, place: net.gateway });
    await assertWraps(net);
    await daemon.stop();
    await assertRefuses(net);
    const down = await runGateway(net.gateway, ['down']);
    assert.equal(down.code, 0);
    assert.match(down.stdout, /^Undone:\n/);
    for (const what of ['net.ipv4.ip_forward is 0 again', 'the policy route of TPROXY is removed', 'table inet overcoat_guard is removed'])
      assert.ok(down.stdout.includes(`  ${what}\n`), down.stdout);
    assert.equal(await machineState(net.gateway), before);
    const none = await runGateway(net.gateway, ['status']);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^overcoat: No gateway is installed here[;,]/);
  });

  test('`status` elsewhere says where it runs', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', ...pin(net)]);
    const { stdout } = await runGateway(net.gateway, ['status']);
    assert.match(stdout, new RegExp(`^Running, process ${gateway.pid}\\.\nTakes port 443 from eth0 `));
    const elsewhere = await runGateway(net.receiver, ['status']);
    assert.equal(elsewhere.code, 1);
    assert.match(
      elsewhere.stderr,
      new RegExp(`No gateway is installed here, but in other network namespaces, .*\\b${gateway.pid}\\b.*nsenter --net`),
    );
    await gateway.stop();
  });

  test('`gateway show` prints what works, in both forms, and changes nothing', async (t) => {
    for (const form of ['nft', 'iptables']) {
      const net = await network(t);
      const before = await machineState(net.gateway);
      const flags = ['--from', 'eth0', '--ports', '443', '--listen', '4430'];
      const { stdout } = await runGateway(net.gateway, ['show', ...flags, '--as', form]);
      assert.equal(await machineState(net.gateway), before);
      await net.gateway.shell(stdout);
      const { certFile } = receiverCertificate(net);
      const config =
        optionLines({ foreground: true, syslog: false }) +
        clientSection('wrap', { accept: '4430', transparent: 'destination', pin: certFile });
      const daemon = await startDaemon(t, { config, bare: true, place: net.gateway });
      await assertWraps(net);
      await daemon.stop();
      await assertRefuses(net);
    }
  });

  test('without root it says so, and what works without', async () => {
    const args = [
      '--reuid',
      'nobody',
      '--regid',
      'nogroup',
      '--clear-groups',
      `${openBin()}/overcoat`,
      'gateway',
      '--from',
      'eth0',
      '--ports',
      '1',
    ];
    const { code, stderr } = await runProgram(['setpriv', ...args]);
    assert.equal(code, 1);
    assert.match(stderr, /^overcoat: The gateway changes routes .* run it as root .*overcoat exec\)\n$/);
  });

  test('in a container whose parameters are read-only needs one capability, and that forwarding is on', async (t) => {
    const net = await network(t);
    const readOnly = 'mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; exec "$@"';
    const container = ['unshare', '-m', 'sh', '-euc', readOnly, 'sh', 'setpriv', '--bounding-set=-all,+net_admin', '--inh-caps=-all'];
    const overcoat = [...container, `${openBin()}/overcoat`, 'gateway'];
    const flags = ['--from', 'eth0', '--ports', '443', ...pin(net)];
    const refused = await runProgram([...overcoat, ...flags], { place: net.gateway });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^overcoat: Kernel parameters cannot be set: .*from outside: .*net\.ipv4\.ip_forward=1.*\n$/);
    assert.doesNotMatch(refused.stderr, /send_redirects/, 'a rule does it as well');
    assert.equal(await tables(net), '');
    net.gateway.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
    const program = net.gateway.start([...overcoat, ...flags]);
    await eventually('it serves', async () => (await fetched(net.sender, `http://${net.wan.right.v4}:443/`)) === 'through TLS');
    await assertWraps(net);
    const doctor = await runProgram([...overcoat, 'doctor'], { place: net.gateway });
    assert.match(doctor.stdout, /^skipped +test connection: .*network namespace cannot be made .*CAP_SYS_ADMIN$/m);
    assert.equal(doctor.code, 0, doctor.stdout);
    await program.stop();
    assert.equal(await tables(net), '');
  });

  test('a start that fails leaves nothing behind', async (t) => {
    const net = await network(t);
    const before = await machineState(net.gateway);
    const taken = net.gateway.start(['nc', '-v', '-n', '-l', '-p', '15001']);
    await taken.saw(/[Ll]istening/);
    const busy = await runGateway(net.gateway, ['--from', 'eth0', '--ports', '443']);
    assert.equal(busy.code, 1);
    assert.match(busy.stderr, /15001/);
    assert.equal(await machineState(net.gateway), before);
    await net.gateway.shell("nft 'add table inet overcoat; add chain inet overcoat mine'");
    const foreign = await machineState(net.gateway);
    const blocked = await runGateway(net.gateway, ['--from', 'eth0', '--ports', '443', '--listen', '15002']);
    assert.equal(blocked.code, 1, 'a table of the same name is not ours');
    assert.equal(await machineState(net.gateway), foreign);
  });
});
