/**
 * The article, word for word, with real programs on three hosts: ffmpeg on the sender, the article's rules and configuration on the
 * gateway, an RTMP server behind a TLS terminator on the receiver. Both ends are Overcoat and stunnel in turn. What crosses the
 * middle is recorded and must be TLS records and nothing else; what is recorded at the receiver must be what was sent.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Stored } from '../support/data/certificates.ts';
import { authority, selfSigned, store } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Media } from '../support/peers/ffmpeg.ts';
import { makeMedia, probe, startPublishing } from '../support/peers/ffmpeg.ts';
import type { RtmpReceiver } from '../support/peers/nginx.ts';
import { startRtmpReceiver } from '../support/peers/nginx.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { sharedFolder, tempFolder } from '../support/temp.ts';

const NAME = 'www.example.org';
const SECONDS = 4;
/** The first command of every publisher (its longer texts are cut by chunk headers). */
const RTMP_COMMAND = 'connect';
const MEDIA = join(sharedFolder(), 'media.flv');

/** The article's first and third configuration, comments and all. */
const STEP_1 = `# /etc/stunnel/stunnel.conf
foreground = yes
debug = 5

[my-encryption-service]
client = yes
accept = 1234
connect = ${NAME}:443
`;
const STEP_3 = `# /etc/stunnel/stunnel.conf
foreground = yes
debug = 5

[my-encryption-service]
client = yes
accept = 443
transparent = destination
`;
/** The article's addition to it, with the file's name filled in. */
const secured = (certificates: string): string => `${STEP_3}verify = 4\nCAfile = ${certificates}\n`;

const packages = ['ffmpeg', 'nginx', 'libnginx-mod-rtmp', 'stunnel4', 'tcpdump', 'tshark', 'iptables', 'netcat-openbsd', 'openssl'];
const skip = requires({ netns: true, packages });

suite('the article', { skip, concurrency: true }, () => {
  let stored: Stored | undefined;
  /** Made once: the tests run side by side, and a program must not read it while it is made again. */
  const serverCertificate = (): Stored => {
    stored ??= store('www.example.org', authority().issue({ dnsNames: [NAME] }));
    return stored;
  };
  const media = makeMedia(MEDIA, SECONDS).then(() => probe(MEDIA));
  media.catch(() => undefined); // reported by the tests that await it

  test('step 1: `echo hi | nc` shows the lines the article shows', async (t) => {
    const net = network(t);
    const { certFile, keyFile } = serverCertificate();
    const server = net.receiver.start(['openssl', 's_server', '-accept', '443', '-cert', certFile, '-key', keyFile], { keepInput: true });
    await server.saw(/^ACCEPT/m);
    net.gateway.names({ [NAME]: net.wan.right.v4 });
    const daemon = await startDaemon(t, { config: STEP_1, bare: true, launcher: 'overcoat-stunnel', place: net.gateway });
    net.gateway.start(['sh', '-c', 'echo "hi" | nc 127.0.0.1 1234']);
    await server.saw(/^hi$/m);
    // The article's user presses ^C.
    for (const pid of net.gateway.pids().filter((each) => each !== daemon.pid)) process.kill(pid, 'SIGKILL');
    await daemon.line('Connection closed');
    const stamp = String.raw`^\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d LOG5\[0\]: `;
    const expected = [
      String.raw`Service \[my-encryption-service\] accepted connection from 127\.0\.0\.1:\d+$`,
      String.raw`s_connect: connected 10\.77\.2\.2:443$`,
      String.raw`Service \[my-encryption-service\] connected remote server from 10\.77\.2\.1:\d+$`,
      String.raw`Connection closed: 3 byte\(s\) sent to TLS, 0 byte\(s\) sent to socket$`,
    ];
    const lines = daemon.lines.filter((line) => line.includes('LOG5[0]'));
    assert.equal(lines.length, expected.length, lines.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? '', new RegExp(stamp + pattern));
    await daemon.stop();
  });

  test('without a proxy ffmpeg sends what anybody can read', async (t) => {
    const net = network(t);
    const receiver = await startRtmpReceiver('443', { directory: tempFolder(t), place: net.receiver });
    const capture = await Capture.start(net.wan.left);
    t.after(() => capture.close());
    const sent = await media;
    await publish(net);
    await assertRecorded(receiver, sent);
    await capture.stop();
    const streams = await capture.tcpStreams();
    assert.equal(streams.length, 1);
    assert.equal(isOnlyTlsRecords(streams[0]?.fromClient ?? Buffer.alloc(0)), false);
    assert.equal(streams[0]?.fromClient.includes(RTMP_COMMAND), true);
  });

  test('steps 2 and 3: Overcoat on the gateway, Overcoat at the receiver, the certificate pinned', async (t) => {
    const net = network(t);
    const { certFile, bothFile } = serverCertificate();
    await gatewayRules(net);
    const unwrapping = serverSection('rtmps', { accept: '443', connect: 1935, cert: bothFile });
    const terminator = await startDaemon(t, { config: unwrapping, launcher: 'overcoat-stunnel', place: net.receiver });
    const gateway = await startDaemon(t, {
      config: secured(certFile),
      bare: true,
      launcher: 'overcoat-stunnel',
      place: net.gateway,
    });
    await assertWrapped(t, net, await media);
    await gateway.line(/LOG5\[0\]: Connection closed: \d{6,} byte\(s\) sent to TLS, \d+ byte\(s\) sent to socket/);
    await gateway.stop();
    await terminator.stop();
  });

  test('steps 2 and 3: Overcoat on the gateway, stunnel at the receiver', async (t) => {
    const net = network(t);
    await gatewayRules(net);
    await startStunnelTerminator(t, net, serverCertificate().bothFile);
    const gateway = await startDaemon(t, { config: STEP_3, bare: true, launcher: 'overcoat-stunnel', place: net.gateway });
    await assertWrapped(t, net, await media);
    await gateway.stop();
  });

  test('steps 2 and 3: stunnel on the gateway, Overcoat at the receiver', async (t) => {
    const net = network(t);
    await gatewayRules(net);
    const unwrapping = serverSection('rtmps', { accept: '443', connect: 1935, cert: serverCertificate().bothFile });
    const terminator = await startDaemon(t, { config: unwrapping, place: net.receiver });
    await startStunnel(STEP_3, { directory: tempFolder(t), place: net.gateway });
    await assertWrapped(t, net, await media);
    await terminator.stop();
  });

  test('with `verify = 4` and another certificate in CAfile nothing of the stream arrives', async (t) => {
    const net = network(t);
    await gatewayRules(net);
    const unwrapping = serverSection('rtmps', { accept: '443', connect: 1935, cert: serverCertificate().bothFile });
    const terminator = await startDaemon(t, { config: unwrapping, place: net.receiver });
    const receiver = await startRtmpReceiver('127.0.0.1:1935', { directory: tempFolder(t), place: net.receiver });
    const config = secured(selfSigned().certFile);
    const gateway = await startDaemon(t, { config, bare: true, launcher: 'overcoat-stunnel', place: net.gateway });
    await media;
    const { code } = await startPublishing(MEDIA, `rtmp://${NAME}:443/live/stream`, net.sender).finished;
    assert.notEqual(code, 0);
    await gateway.line('CERT: ');
    await gateway.line(/LOG3\[0\]: SSL_connect: .*certificate verify failed/);
    await gateway.line('0 byte(s) sent to TLS, 0 byte(s) sent to socket');
    await gateway.stop();
    await terminator.line(/ 0 byte\(s\) sent to socket/);
    assert.deepEqual(receiver.recordings(), []);
    await terminator.stop();
  });
});

function network(t: TestContext): ThreeHosts {
  const net = openThreeHosts();
  t.after(() => net.close());
  net.sender.names({ [NAME]: net.wan.right.v4 });
  return net;
}

/** The article's commands on the gateway, `[youriphere]` filled in. */
async function gatewayRules(net: ThreeHosts): Promise<void> {
  await net.gateway.shell(`
    echo 1 > /proc/sys/net/ipv4/ip_forward
    iptables -I INPUT -i eth0 -p tcp --dport 443 -j ACCEPT
    iptables -t nat -I PREROUTING -p tcp --dport 443 -i eth0 -j DNAT --to-destination ${net.lan.right.v4}:443
  `);
}

function startStunnelTerminator(t: TestContext, net: ThreeHosts, certificateAndKey: string): Promise<Program> {
  const sections = serverSection('rtmps', { accept: '443', connect: 1935, cert: certificateAndKey });
  return startStunnel(sections, { directory: tempFolder(t), place: net.receiver });
}

/** Publishes through what the caller started; the stream must arrive whole and cross the middle as TLS only. */
async function assertWrapped(t: TestContext, net: ThreeHosts, media: Media): Promise<void> {
  const directory = tempFolder(t);
  const receiver = await startRtmpReceiver('127.0.0.1:1935', { directory, place: net.receiver });
  const capture = await Capture.start(net.wan.left);
  t.after(() => capture.close());
  await publish(net);
  await assertRecorded(receiver, media);
  await capture.stop();

  const streams = await capture.tcpStreams();
  assert.equal(streams.length, 1);
  for (const { fromClient, fromServer } of streams) {
    assert.ok(fromClient.length > 100_000 && isOnlyTlsRecords(fromClient), 'to the receiver only TLS records');
    assert.ok(isOnlyTlsRecords(fromServer), 'from the receiver only TLS records');
    assert.equal(fromClient.includes(RTMP_COMMAND), false);
  }
  assert.ok((await capture.packets('tls.handshake.type == 1')) >= 1, 'tshark sees a ClientHello'); // two after HelloRetryRequest
  assert.equal(await capture.packets('rtmpt'), 0);
}

async function publish(net: ThreeHosts): Promise<void> {
  const { code, stderr } = await startPublishing(MEDIA, `rtmp://${NAME}:443/live/stream`, net.sender).finished;
  assert.equal(code, 0, stderr);
}

/** Waits until the receiver's file is complete and compares it with what was sent: codecs, every packet, duration. */
async function assertRecorded(receiver: RtmpReceiver, sent: Media): Promise<void> {
  const recorded = await eventually('the recording is complete', async () => {
    const [file] = receiver.recordings();
    assert.ok(file !== undefined);
    const found = await probe(file);
    assert.deepEqual([found.video, found.audio], [sent.video, sent.audio]);
    return found;
  });
  assert.ok(sent.video !== undefined && sent.audio !== undefined);
  assert.ok(Math.abs(recorded.duration - SECONDS) < 0.2, `${recorded.duration} s recorded, ${SECONDS} s sent`);
}
