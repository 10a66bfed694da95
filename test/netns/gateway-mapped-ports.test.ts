/**
 * A mapped port is an intercepted port: whatever a configuration maps never leaves the gateway in clear, while it runs, before and
 * after. Each test has a plain server on the mapped port behind the gateway, which must not hear of anything, and looks at the uplink.
 */
// Tests: src/gateway/mapped-services.ts
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually, within } from '../support/eventually.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { DAEMON_HEAD, startDaemon } from '../support/overcoat/daemon.ts';
import {
  fetched,
  GATEWAY_PACKAGES,
  machineState,
  receiverCertificate,
  runGateway,
  startGateway,
  startHttps,
} from '../support/overcoat/gateway.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'tshark', 'tcpdump', 'netcat-openbsd', 'procps'] });
/** curl: connection refused, or reset while it waited. */
const REFUSED = new Set(['<7>', '<56>']);
const MAPPED = ['--ports', '443', '--map-port', '1935:443'];

/** HTTPS on 443; a host that forwards already, as routers do, so that nothing but our rules keeps a port from leaving in clear. */
async function network(t: TestContext): Promise<ThreeHosts & { readonly capture: Capture; readonly pin: string }> {
  const net = openThreeHosts();
  t.after(() => net.close());
  await startHttps(t, net, [443]);
  await eventually('addresses have settled', async () => (await net.gateway.shell('ip -6 address show tentative')) === '');
  const capture = await Capture.start(net.wan.left);
  t.after(() => capture.close());
  return { ...net, capture, pin: receiverCertificate(net).certFile };
}

const addresses = ({ wan }: ThreeHosts): readonly string[] => [wan.right.v4, `[${wan.right.v6}]`];

async function assertWraps(net: ThreeHosts, port = 1935): Promise<void> {
  for (const address of addresses(net)) assert.equal(await fetched(net.sender, `http://${address}:${port}/`), 'through TLS', address);
}

async function assertRefuses(net: ThreeHosts, port = 1935): Promise<void> {
  for (const address of addresses(net)) {
    const answer = await fetched(net.sender, `http://${address}:${port}/`);
    assert.ok(REFUSED.has(answer), `${address}: ${answer}`);
  }
}

/** Nothing of TCP went to the mapped port, and what went out at all was TLS. */
async function assertNothingInClear(capture: Capture, streams: number, port = 1935): Promise<void> {
  await capture.stop();
  assert.equal(await capture.packets(`tcp.dstport == ${port}`), 0, `packets to port ${port} left the gateway`);
  const all = await capture.tcpStreams();
  assert.equal(all.length, streams);
  for (const { fromClient } of all) assert.equal(isOnlyTlsRecords(fromClient), true);
}

async function kill(net: ThreeHosts, pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await eventually('the interception is gone', async () => !/^table inet overcoat$/m.test(await net.gateway.shell('nft list tables')));
}

/** A section behind `gateway up --listen 4430`. */
function section(net: ThreeHosts, options: Options = {}): string {
  const { certFile } = receiverCertificate(net);
  return clientSection('wrap', { accept: '4430', transparent: 'destination', pin: certFile, ...options });
}

const up = (net: ThreeHosts, ...flags: readonly string[]) =>
  runGateway(net.gateway, ['up', '--from', 'eth0', '--ports', '443', '--listen', '4430', ...flags]);

async function reloadWith(daemon: Daemon, net: ThreeHosts, options: Options = {}): Promise<void> {
  const from = daemon.lines.length;
  writeFileSync(daemon.configFile, DAEMON_HEAD + section(net, options));
  daemon.signal('SIGHUP');
  await daemon.line(/Configuration successful|Failed to reload/, { from });
}

/** A clear connection to a port, open through the gateway since before it was one: the far side has heard `hello`. */
async function openInClear(net: ThreeHosts, port: number): Promise<{ readonly client: Program; readonly server: Program }> {
  const server = net.receiver.start(['nc', '-v', '-n', '-l', '-p', String(port)]);
  await server.saw(/[Ll]istening/);
  const client = net.sender.start(['nc', '-n', net.wan.right.v4, String(port)], { keepInput: true });
  client.write('hello\n');
  await server.saw(/hello/);
  return { client, server };
}

suite('a mapped port', { skip, concurrency: 2, timeout: 180_000 }, () => {
  for (const mode of ['redirect', 'tproxy'] as const)
    test(`is taken although it is not among --ports, and refused after SIGKILL (${mode})`, async (t) => {
      const net = await network(t);
      const before = await machineState(net.gateway);
      const args = [...MAPPED, '--mode', mode, '--pin', net.pin];
      const killed = await startGateway(t, net.gateway, args);
      await assertWraps(net);
      await kill(net, killed.pid);
      await assertRefuses(net);
      const again = await startGateway(t, net.gateway, args);
      await assertWraps(net);
      const from = again.lines.length;
      again.signal('SIGHUP');
      await assertWraps(net);
      await again.line('Configuration successful', { from });
      await assertWraps(net);
      await again.stop();
      await assertNothingInClear(net.capture, 8);
      assert.equal(await machineState(net.gateway), before);
    });

  test('needs no --ports beside it; the port it leads to is named where hosts reach it past the gateway', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--map-port', '1935:443', '--pin', net.pin]);
    await gateway.line('Port 443 is where --map-port leads and is not taken itself');
    await assertWraps(net);
    await gateway.stop();
    await assertNothingInClear(net.capture, 2);
  });

  test('stays refused when a gateway that was killed cannot start again', async (t) => {
    const net = await network(t);
    const killed = await startGateway(t, net.gateway, [...MAPPED, '--pin', net.pin]);
    await kill(net, killed.pid);
    await net.gateway.shell("nft 'add table inet overcoat; add chain inet overcoat mine'");
    const again = await runGateway(net.gateway, ['--from', 'eth0', '--ports', '443', '--pin', net.pin]);
    assert.equal(again.code, 1, 'a table of the same name is in its way');
    await assertRefuses(net);
    await assertNothingInClear(net.capture, 0);
    await net.gateway.shell('nft delete table inet overcoat');
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
    assert.equal(await net.gateway.shell('nft list tables'), '');
  });

  for (const [what, sysctls] of [
    ['', { 'net.netfilter.nf_conntrack_tcp_loose': 1 }],
    [', also where the kernel takes it for nothing it tracks', { 'net.netfilter.nf_conntrack_tcp_loose': 0 }],
  ] as const)
    test(`is cut where a clear connection was open before the gateway came${what}`, async (t) => {
      const net = await network(t);
      net.gateway.sysctl(sysctls);
      const { client } = await openInClear(net, 1935);
      const gateway = await startGateway(t, net.gateway, [...MAPPED, '--pin', net.pin]);
      client.write('in clear\n');
      await within('the connection is cut', client.finished);
      await gateway.stop();
      await net.capture.stop();
      assert.equal(await net.capture.packets('frame contains "in clear"'), 0);
    });
});

suite('a port mapped by a file', { skip, concurrency: 2, timeout: 180_000 }, () => {
  for (const first of ['the rules', 'the service'])
    test(`is taken by the rules of \`gateway up\`, ${first} first`, async (t) => {
      const net = await network(t);
      const before = await machineState(net.gateway);
      const start = (): Promise<Daemon> => startDaemon(t, { config: section(net, { portMap: '1935:443' }), place: net.gateway });
      const early = first === 'the service' ? await start() : undefined;
      assert.deepEqual((await up(net)).code, 0);
      const daemon = early ?? (await start());
      await assertWraps(net);
      await assertWraps(net, 443);
      process.kill(daemon.pid, 'SIGKILL');
      await daemon.program.finished;
      await assertRefuses(net);
      const again = await start();
      await assertWraps(net);
      await again.stop();
      await assertRefuses(net);
      await assertNothingInClear(net.capture, 6);
      assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
      assert.equal(await machineState(net.gateway), before);
    });

  test('is taken when a reload maps it, before anything is mapped, and connections in clear are cut', async (t) => {
    const net = await network(t);
    assert.equal((await up(net, '--mode', 'tproxy')).code, 0);
    const daemon = await startDaemon(t, { config: section(net), place: net.gateway });
    const { client, server } = await openInClear(net, 1935);
    await reloadWith(daemon, net, { portMap: '1935:443' });
    client.write('in clear\n');
    await within('the connection is cut', client.finished);
    await server.stop(); // nobody has told it
    await assertWraps(net);
    await reloadWith(daemon, net);
    await daemon.line('Port 1935 stays intercepted');
    await assertRefuses(net);
    await daemon.stop();
    await assertRefuses(net);
    await net.capture.stop();
    assert.equal(await net.capture.packets('frame contains "in clear"'), 0);
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });

  test('refuses the file where the rules cannot be changed', async (t) => {
    const net = await network(t);
    assert.equal((await up(net)).code, 0);
    const daemon = await startDaemon(t, {
      config: optionLines({ setuid: 'nobody', setgid: 'nogroup' }) + section(net),
      place: net.gateway,
    });
    await reloadWith(daemon, net, { portMap: '1935:443' });
    await daemon.line(/portMap: port 1935 is not intercepted.*gateway up/);
    await assertWraps(net, 443);
    await daemon.stop();
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });

  test('is named where the rules are made by hand', async (t) => {
    const net = await network(t);
    const daemon = await startDaemon(t, { config: section(net, { portMap: '1935:443' }), place: net.gateway });
    await daemon.line(/LOG4.*portMap: port 1935 has to be among those that reach port 4430/);
    await daemon.stop();
  });
});
