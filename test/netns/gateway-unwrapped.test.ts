/**
 * What hosts of a gateway send past Overcoat: the kernel's counters agree with a capture of the uplink, status and doctor name it, and
 * `--forward intercepted` lets nothing of it out, whether the gateway runs or was killed.
 */
// Tests: src/gateway/unwrapped.ts, src/gateway/rules/counting-rules.ts, src/gateway/traffic-watch.ts, src/gateway/doctor/lan.ts
// Tests: src/cli/commands/gateway-look.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { SET_SIZE } from '../../src/gateway/rules/counting-rules.ts';
import { eventually } from '../support/eventually.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { fetched, GATEWAY_PACKAGES, receiverCertificate, runGateway, startGateway, startHttps } from '../support/overcoat/gateway.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'tshark', 'tcpdump', 'netcat-openbsd', 'iputils-ping'] });

interface FlowView {
  readonly host: string;
  readonly transport: string;
  readonly port: number;
  readonly bytes: number;
  readonly packets: number;
}

interface StatusView {
  readonly state: string;
  readonly passed: { readonly flows: readonly FlowView[]; readonly restBytes: number } | null;
  readonly refused: { readonly flows: readonly FlowView[] } | null;
}

async function network(t: TestContext): Promise<ThreeHosts> {
  const net = openThreeHosts();
  t.after(() => net.close());
  await startHttps(t, net, [443, 8443]);
  // The kernel may take a second to say so; before, nothing answers there for --dns.
  await eventually('the link is up', async () => (await net.gateway.shell('ip -br link show eth0')).includes(' UP '));
  return net;
}

const pin = (net: ThreeHosts): string[] => ['--pin', receiverCertificate(net).certFile];

async function status(net: ThreeHosts): Promise<StatusView> {
  return JSON.parse((await runGateway(net.gateway, ['status', '--json'])).stdout) as StatusView;
}

/** Sends so many bytes to a listener of the receiver, and waits until it has them. */
async function sendTcp(net: ThreeHosts, address: string, port: number, bytes: number): Promise<void> {
  const family = address.includes(':') ? '-6' : '-4';
  const listener = net.receiver.start(['nc', family, '-v', '-n', '-l', '-p', String(port)]);
  await listener.saw(/[Ll]istening/);
  await net.sender.shell(`head -c ${bytes} /dev/zero | nc -n -N -w 60 ${address} ${port}`);
  await listener.finished;
}

/** What a capture of the uplink has of one flow, in bytes of IP. */
async function captured(capture: Capture, { host, transport, port }: Pick<FlowView, 'host' | 'transport' | 'port'>): Promise<number> {
  const v6 = host.includes(':');
  const filter = `${v6 ? 'ipv6' : 'ip'}.src == ${host} && ${transport}.dstport == ${port} && !icmp && !icmpv6`;
  const lengths = await capture.fields(filter, v6 ? 'ipv6.plen' : 'ip.len');
  const HEADER_V6 = 40;
  return lengths.reduce((sum, length) => sum + Number(length) + (v6 ? HEADER_V6 : 0), 0);
}

suite('what goes past a gateway', { skip, concurrency: 2 }, () => {
  test('is counted as it leaves, by host and port, and named with the remedy', async (t) => {
    const net = await network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', ...pin(net)]);
    const capture = await Capture.start(net.wan.left);
    t.after(() => capture.close());
    const [v4, v6] = [net.lan.left.v4, net.lan.left.v6];
    await sendTcp(net, net.wan.right.v4, 1935, 300_000);
    await sendTcp(net, net.wan.right.v6, 7000, 5000);
    await runProgram(['bash', '-c', `echo question >/dev/udp/${net.wan.right.v4}/9999`], { place: net.sender });
    assert.equal(await fetched(net.sender, `http://${net.wan.right.v4}:443/`), 'through TLS');
    assert.equal(await net.sender.shell(`curl -sk -m 60 https://${net.wan.right.v4}:8443/`), 'through TLS', 'a client with TLS of its own');
    await sendTcp({ ...net, sender: net.receiver, receiver: net.sender }, v4, 4000, 1000); // a server of the LAN
    await capture.stop();

    const found = await status(net);
    const flows = found.passed?.flows ?? [];
    const ports = flows.map(({ host, transport, port }) => `${host} ${transport} ${port}`).toSorted();
    assert.deepEqual(ports, [`${v4} tcp 1935`, `${v4} tcp 8443`, `${v4} udp 9999`, `${v6} tcp 7000`].toSorted());
    for (const flow of flows) assert.equal(flow.bytes, await captured(capture, flow), `port ${flow.port}`);
    assert.ok((flows.find(({ port }) => port === 1935)?.bytes ?? 0) > 300_000);

    const warned = await gateway.line(`${v4} sends RTMP in clear to port 1935; wrap it with --ports 1935`);
    assert.match(warned, /LOG4/);
    const text = (await runGateway(net.gateway, ['status'])).stdout;
    assert.match(text, new RegExp(`^  ${v4} sent 3\\d\\d\\.\\d kB to port 1935 \\(RTMP\\) in clear; wrap it with --ports 1935$`, 'm'));
    assert.match(text, new RegExp(`^  ${v4} sent .* to port 8443 past Overcoat, encrypted by itself$`, 'm'));
    assert.match((await runGateway(net.gateway, ['show'])).stdout, new RegExp(`^# ${v4} sent .* port 1935 .*--ports 1935$`, 'm'));
    const doctor = (await runGateway(net.gateway, ['doctor'])).stdout;
    assert.match(
      doctor,
      new RegExp(`^WARNING  in clear: ${v4} sent .* to port 1935 \\(RTMP\\) in clear\n +-> wrap it with --ports 1935$`, 'm'),
    );
    assert.doesNotMatch(doctor, /8443.*in clear/);

    // More than the set has room for: nothing grows, and the sum is told.
    const flood = `for ((port = 20000; port < ${20_000 + SET_SIZE + 100}; port++)); do echo x >/dev/udp/${net.wan.right.v4}/$port; done`;
    await runProgram(['bash', '-c', `${flood} 2>/dev/null`], { place: net.sender });
    const flooded = (await status(net)).passed;
    assert.equal(flooded?.flows.filter(({ host }) => host === v4).length, SET_SIZE);
    assert.ok((flooded?.restBytes ?? 0) >= 100 * 30, String(flooded?.restBytes));
    await gateway.stop();
    assert.equal(gateway.lines.filter((line) => line.includes('in clear to port')).length, 1, 'said once, and not of TLS ports');
  });

  test('does not go past one that forwards nothing else, whether it runs or was killed', async (t) => {
    const net = await network(t);
    const { sender, receiver, lan, wan } = net;
    // Some firewall that was there before: only then does the kernel know what is established.
    await net.gateway.shell(
      "nft 'add table inet firewall; add chain inet firewall f { type filter hook forward priority 0; }; add rule inet firewall f ct state new accept'",
    );
    const open = receiver.start(['nc', '-v', '-n', '-l', '-p', '7001']);
    await open.saw(/[Ll]istening/);
    const before = sender.start(['nc', '-n', wan.right.v4, '7001'], { keepInput: true });
    before.write('before\n');
    await open.saw(/before/);

    const capture = await Capture.start(wan.left);
    t.after(() => capture.close());
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--dns', '--forward', 'intercepted', ...pin(net)]);
    const attempts = async (): Promise<void> => {
      for (const address of [wan.right.v4, wan.right.v6]) {
        const refused = await runProgram(['nc', '-n', '-v', '-w', '30', address, '8443'], { place: sender, input: 'leak' });
        assert.match(refused.stderr, /refused/, address);
        await runProgram(['bash', '-c', `echo leak >/dev/udp/${address}/5353`], { place: sender });
        await runProgram(['bash', '-c', `echo leak >/dev/udp/${address}/53`], { place: sender });
        await sender.shell(`ping -n -c 1 -W 30 ${address}`);
      }
      const inward = await runProgram(['nc', '-n', '-v', '-w', '30', lan.left.v4, '4000'], { place: receiver, input: 'leak' });
      assert.match(inward.stderr, /refused/, 'the other way round as well');
    };
    await attempts();
    before.write('established\n');
    await open.saw(/established/);
    assert.equal(await fetched(sender, `http://${wan.right.v4}:443/`), 'through TLS');
    const refused = (await status(net)).refused?.flows.map(({ port, transport }) => `${transport} ${port}`) ?? [];
    assert.deepEqual([...new Set(refused)].toSorted(), ['tcp 8443', 'udp 5353'], 'DNS goes to the forwarder');
    assert.match((await runGateway(net.gateway, ['doctor'])).stdout, /^ok +refused: .* was refused port 8443 \(\d+ packet\(s\)\)/m);

    process.kill(gateway.pid, 'SIGKILL');
    const tables = (): Promise<string> => net.gateway.shell('nft list tables');
    await eventually('the interception is gone', async () => !/^table inet overcoat$/m.test(await tables()));
    await attempts();
    assert.match(await fetched(sender, `http://${wan.right.v4}:443/`), /^<(?:7|56)>$/);
    const killed = await runGateway(net.gateway, ['status']);
    assert.equal(killed.code, 1);
    assert.match(killed.stdout, /^The gateway was killed \(process \d+\); everything but ICMP and what is established is refused/);
    const found = await runGateway(net.gateway, ['doctor']);
    assert.match(found.stdout, /^FAULT +gateway: it was killed .*everything but ICMP and what is established is refused/m);
    assert.match(found.stdout, /^skipped +packets from the LAN: nobody knows/m);
    assert.match(found.stdout, /^FAULT +test connection \(IPv4\): .*by the guard that the killed gateway left/m);

    await capture.stop();
    assert.equal(await capture.packets('frame contains "leak"'), 0);
    // A refusal that the gateway sends to the receiver bears the address of the sender.
    const foreign = `!(tcp.port == 7001) && !(tcp.flags.reset == 1) && !icmp && !icmpv6 && !arp && (ip.src == ${lan.left.v4} || ipv6.src == ${lan.left.v6})`;
    assert.deepEqual(await capture.fields(foreign, 'frame.protocols'), []);
    const streams = (await capture.tcpStreams()).filter(({ fromClient }) => !fromClient.includes('established'));
    for (const { fromClient } of streams) assert.equal(isOnlyTlsRecords(fromClient), true);
    before.kill('SIGKILL');
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });
});
