/**
 * The limitation of the article, solved: real clients that speak plain protocols publish, fetch and log in through `overcoat gateway`
 * to a front that serves two names on one address and nobody without a name. Each lands on its own server, verified by its name
 * against a private authority; no pin, no map.
 */
// Tests: src/daemon/dns.ts
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { authority } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import type { PlainServer } from '../support/net/plain-servers.ts';
import { clientSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startGateway } from '../support/overcoat/gateway.ts';
import { makeMedia, probe, startPublishing } from '../support/peers/ffmpeg.ts';
import type { RtmpReceiver } from '../support/peers/nginx.ts';
import { rtmpRelay, startNginx, startRtmpReceiver } from '../support/peers/nginx.ts';
import { startSniFront } from '../support/peers/sni-front.ts';
import type { Program } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const ONE = 'one.example.test';
const TWO = 'two.example.test';
/** Its certificate is that of another name: what a man in the middle would have. */
const WRONG = 'wrong.example.test';

const RTMP_PACKAGES = ['ffmpeg', 'nginx', 'libnginx-mod-rtmp', 'rtmpdump'];
const GSTREAMER = ['gstreamer1.0-tools', 'gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good', 'gstreamer1.0-plugins-bad'];
const CLIENTS = ['curl', 'prosody', 'python3-slixmpp', 'python3-websockets', 'netcat-openbsd', 'dnsutils'];
const skip = requires({ netns: true, packages: ['haproxy', 'nftables', 'iptables', ...RTMP_PACKAGES, ...GSTREAMER, ...CLIENTS] });

const PLAIN_SERVERS = new URL('../support/net/plain-servers.ts', import.meta.url).pathname;
const NAME_SERVER = new URL('../support/net/name-server.ts', import.meta.url).pathname;
const pair = (one: number, two: number): Record<string, number> => ({ [ONE]: one, [TWO]: two });

const WEBSOCKET_SERVER = `
import asyncio, sys, websockets
async def serve(port, name):
    async def handle(socket, path='/'):
        async for message in socket: await socket.send(name + ' ' + message)
    await websockets.serve(handle, '127.0.0.1', port)
async def main():
    await serve(8091, 'one')
    await serve(8092, 'two')
    print('ready', flush=True)
    await asyncio.Future()
asyncio.run(main())`;

const WEBSOCKET_CLIENT = `
import asyncio, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1]) as socket:
        await socket.send('hello')
        print(await socket.recv())
asyncio.run(main())`;

const XMPP_CLIENT = `
import asyncio, sys, slixmpp
client = slixmpp.ClientXMPP(sys.argv[1], 'secret', plugin_config={'feature_mechanisms': {'unencrypted_plain': True}})
client.enable_direct_tls = client.enable_starttls = False
client.enable_plaintext = True
async def session(event):
    print('logged in as', client.boundjid, flush=True)
    client.disconnect()
client.add_event_handler('session_start', session)
client.connect((client.boundjid.host, 5222), use_ssl=False, disable_starttls=True)
client.process(forever=False)`;

suite('names through a gateway', { skip }, () => {
  const t = suiteEnd();
  let net: ThreeHosts;
  let gateway: Daemon;
  let receivers: readonly [RtmpReceiver, RtmpReceiver];
  let servers: Program;
  let media: string;

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    const address = net.wan.right.v4;
    const table = { [ONE]: address, [TWO]: address, [WRONG]: address };
    net.sender.names(table);
    net.sender.nameServers(address);
    net.gateway.nameServers(address);
    const folder = tempFolder(t);
    const rtmp = (name: string, port: number): Promise<RtmpReceiver> => {
      const directory = join(folder, name);
      mkdirSync(directory);
      return startRtmpReceiver(`127.0.0.1:${port}`, { directory, place: net.receiver });
    };
    receivers = [await rtmp('one', 1941), await rtmp('two', 1942)];
    const plain: PlainServer[] = [
      ['http1', 8001, 'one'],
      ['http1', 8002, 'two'],
      ['h2c', 8011, 'one'],
      ['h2c', 8012, 'two'],
      ['rtsp', 5541, 'one'],
      ['rtsp', 5542, 'two'],
      ['line', 6401, 'one'],
      ['line', 6402, 'two'],
    ];
    servers = net.receiver.start([process.execPath, PLAIN_SERVERS, JSON.stringify(plain)]);
    await servers.saw(/ready/);
    await net.receiver.start([process.execPath, NAME_SERVER, address, JSON.stringify(table)]).saw(/ready/);
    await startSniFront(net.receiver, folder, [
      { port: 443, behind: pair(1941, 1942) },
      { port: 8080, alpn: 'http/1.1', behind: pair(8001, 8002) },
      { port: 8081, alpn: 'h2', behind: pair(8011, 8012) },
      { port: 554, behind: pair(5541, 5542) },
      { port: 6379, behind: pair(6401, 6402) },
      { port: 8090, behind: pair(8091, 8092) },
    ]);
    await net.receiver.start(['/usr/bin/python3', '-c', WEBSOCKET_SERVER]).saw(/ready/);
    await startProsody(join(folder, 'prosody'));
    media = join(folder, 'media.flv');
    await makeMedia(media, 3);
    const ports = '80,443,554,1935,5222,6379,8080,8081,8090';
    gateway = await startGateway(t, net.gateway, [
      '--ports',
      ports,
      '--map-port',
      '1935:443',
      '--ca',
      authority().certFile,
      '--dns',
      '--debug',
      '7',
    ]);
    const addresses = (await net.gateway.shell('ip -o address show dev eth0')).trim().split('\n').length;
    const bound = (): number => gateway.lines.filter((line) => line.includes('DNS forwarder bound to')).length;
    await eventually('its forwarder has all addresses', () => bound() >= addresses); // of IPv6 the kernel looks for a second owner first
    gateway.takeBaseline();
  });

  /** Both names as hosts of one Prosody, which insists on STARTTLS. */
  async function startProsody(folder: string): Promise<void> {
    mkdirSync(join(folder, 'certs'), { recursive: true });
    const hosts = [ONE, TWO].map((name) => {
      const issued = authority().issue({ dnsNames: [name], ipAddresses: [] });
      const { key, crt } = writeFiles(folder, { key: issued.key, crt: issued.certificate });
      const files = writeFiles(join(folder, 'certs'), { [`${name}.key`]: readFileSync(key), [`${name}.crt`]: readFileSync(crt) });
      const account = join(folder, 'data', name.replaceAll('.', '%2e'), 'accounts');
      mkdirSync(account, { recursive: true });
      writeFiles(account, { 'fred.dat': 'return {\n\t["password"] = "secret";\n};\n' });
      return `VirtualHost "${name}"\nssl = { key = "${files[`${name}.key`]}", certificate = "${files[`${name}.crt`]}" }\n`;
    });
    const config = `run_as_root = true
daemonize = false
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
certificates = "${folder}/certs"
interfaces = { "${net.wan.right.v4}" }
c2s_ports = { 5222 }
s2s_ports = { }
c2s_direct_tls_ports = { }
http_ports = { }
https_ports = { }
modules_enabled = { "roster", "saslauth", "tls", "posix" }
modules_disabled = { "s2s" }
c2s_require_encryption = true
authentication = "internal_plain"
storage = "internal"
log = { info = "*console" }
${hosts.join('')}`;
    const { 'prosody.cfg.lua': file } = writeFiles(folder, { 'prosody.cfg.lua': config });
    await net.receiver.start(['prosody', '--config', file, '-F']).saw(/Activated service 'c2s' on/);
  }

  /** A recording of that name with something in it. */
  async function recorded(receiver: RtmpReceiver, name: string): Promise<string> {
    const files = () => receiver.recordings().filter((file) => file.includes(`/${name}`));
    return eventually(`the recording ${name}`, () => files()[0]);
  }

  async function assertOnlyAt(index: 0 | 1, name: string): Promise<string> {
    const file = await recorded(receivers[index], name);
    assert.deepEqual(
      receivers[1 - index]?.recordings().filter((other) => other.includes(`/${name}`)),
      [],
    );
    return file;
  }

  for (const [index, name] of [ONE, TWO].entries() as Iterable<[0 | 1, string]>) {
    test(`ffmpeg publishes to ${name}, port 1935, and reaches the TLS port`, async () => {
      const from = gateway.lines.length;
      const stream = `ffmpeg${index}`;
      const { code, stderr } = await startPublishing(media, `rtmp://${name}/live/${stream}`, net.sender).finished;
      assert.equal(code, 0, stderr);
      const sent = await probe(media);
      const file = await assertOnlyAt(index, stream);
      await eventually('all of it is recorded', async () => (await probe(file)).video?.packets === sent.video?.packets);
      await gateway.line(`Server name: ${name} (protocol: rtmp)`, { from });
      await gateway.line(`SNI: sending servername: ${name}`, { from });
      await gateway.line(`s_connect: connected ${net.wan.right.v4}:443`, { from });
      await gateway.line('Certificate accepted at depth=0', { from });
    });
  }

  for (const sink of ['rtmpsink', 'rtmp2sink']) {
    test(`GStreamer's ${sink} publishes`, async () => {
      const stream = `gst${sink}`;
      const location = `rtmp://${TWO}:443/live/${stream}`;
      const pipeline = `audiotestsrc num-buffers=100 ! audioconvert ! voaacenc ! aacparse ! flvmux streamable=true ! ${sink} location=${location}`;
      const { code, stdout, stderr } = await runProgram(['gst-launch-1.0', '-q', ...pipeline.split(' ')], { place: net.sender });
      assert.equal(code, 0, stdout + stderr);
      const file = await assertOnlyAt(1, stream);
      assert.equal((await probe(file)).audio?.codec, 'aac');
    });
  }

  test('librtmp plays what ffmpeg publishes', async () => {
    const played = join(tempFolder(t), 'played.flv');
    const publisher = startPublishing(media, `rtmp://${ONE}/live/played`, net.sender);
    await recorded(receivers[0], 'played');
    const player = net.sender.start(['rtmpdump', '-r', `rtmp://${ONE}:443/live/played`, '--live', '-o', played]);
    await eventually('frames arrive', async () => ((await probe(played)).audio?.packets ?? 0) > 10);
    player.kill('SIGKILL');
    await publisher.finished;
  });

  test('nginx-rtmp pushes what it is given on through the gateway', async () => {
    const relay = await startNginx(rtmpRelay(1999, `rtmp://${ONE}/live/pushed`), { directory: tempFolder(t), place: net.sender });
    const from = gateway.lines.length;
    const { code, stderr } = await startPublishing(media, 'rtmp://127.0.0.1:1999/live/any', net.sender).finished;
    assert.equal(code, 0, stderr);
    const file = await assertOnlyAt(0, 'pushed');
    await eventually('media arrives', async () => ((await probe(file)).video?.packets ?? 0) > 10);
    await gateway.line(`Server name: ${ONE} (protocol: rtmp)`, { from });
    await relay.stop();
  });

  test('nginx-rtmp pushes to a fixed service, which rewrites the address', async () => {
    const target = { connect: `${net.wan.right.v4}:443`, rtmpRewrite: `rtmp://${TWO}/live`, sni: TWO };
    const config = clientSection('stream', { accept: 1936, ...target, ...verified(TWO) });
    const daemon = await startDaemon(t, { config, place: net.gateway });
    const push = rtmpRelay(1999, 'rtmp://127.0.0.1:1936/anything/rewritten');
    const relay = await startNginx(push, { directory: tempFolder(t), place: net.gateway });
    const { code, stderr } = await startPublishing(media, 'rtmp://127.0.0.1:1999/live/any', net.gateway).finished;
    assert.equal(code, 0, stderr);
    const file = await assertOnlyAt(1, 'rewritten');
    await eventually('media arrives', async () => ((await probe(file)).video?.packets ?? 0) > 10);
    await daemon.line(`RTMP: tcUrl is rtmp://${TWO}/live from here on`);
    await relay.stop();
    await daemon.stop();
  });

  test('a name the front has not ends in a reset, and nothing is recorded', async () => {
    const from = gateway.lines.length;
    const { code } = await startPublishing(media, `rtmp://${WRONG}/live/wrong`, net.sender).finished;
    assert.notEqual(code, 0);
    await gateway.line(/LOG3.*Connection failed: .* -> .*, handshake_failed: .*unrecognized_name/, { from });
    assert.deepEqual(
      receivers.flatMap((receiver) => receiver.recordings()).filter((file) => file.includes('/wrong')),
      [],
    );
  });

  for (const [index, name] of [ONE, TWO].entries()) {
    const short = index === 0 ? 'one' : 'two';

    test(`curl over HTTP/1.1 and HTTP/2 reaches ${name}`, async () => {
      assert.equal(await net.sender.shell(`curl -sS -m 60 http://${name}:8080/`), `${short} ${name}:8080\n`);
      assert.equal(await net.sender.shell(`curl -sS -m 60 --http2-prior-knowledge http://${name}:8081/`), `${short} ${name}:8081\n`);
    });

    test(`RTSP clients reach ${name}`, async () => {
      const clients = [
        ['ffmpeg', '-v', 'error', '-rtsp_transport', 'tcp', '-i', `rtsp://${name}/from-ffmpeg`, '-f', 'null', '-'],
        ['gst-launch-1.0', '-q', 'rtspsrc', `location=rtsp://${name}/from-gstreamer`, 'protocols=tcp', '!', 'fakesink'],
      ];
      for (const argv of clients) await runProgram(argv, { place: net.sender });
      for (const client of ['ffmpeg', 'gstreamer'])
        await servers.saw(new RegExp(`^${short}: DESCRIBE rtsp://${name}.*/from-${client} `, 'm'));
    });
  }

  test('WebSocket clients reach their own server', async () => {
    for (const [short, name] of [
      ['one', ONE],
      ['two', TWO],
    ]) {
      const { code, stdout, stderr } = await runProgram(['/usr/bin/python3', '-c', WEBSOCKET_CLIENT, `ws://${name}:8090/chat`], {
        place: net.sender,
      });
      assert.equal(stdout, `${short} hello\n`, `${code} ${stderr}`);
    }
  });

  test('XMPP clients log in at their own host, by STARTTLS that the gateway speaks for them', async () => {
    for (const name of [ONE, TWO]) {
      const from = gateway.lines.length;
      const { code, stdout, stderr } = await runProgram(['/usr/bin/python3', '-c', XMPP_CLIENT, `fred@${name}`], { place: net.sender });
      assert.match(stdout, new RegExp(`^logged in as fred@${name}/`), `${code} ${stderr}`);
      await gateway.line(`Server name: ${name} (protocol: xmpp)`, { from });
    }
  });

  suite('a protocol that names nobody', () => {
    const say = (host: string): Promise<string> => net.sender.shell(`printf hello | nc -w 10 -q 2 ${host} 6379`);

    test('is named by what its client had looked up', async () => {
      net.sender.names({});
      const from = gateway.lines.length;
      assert.equal(await say(TWO), 'two hello');
      await gateway.line(`Server name: ${TWO} (dns)`, { from });
    });

    test('and a client that names another host than it had looked up is worth a line', async () => {
      const from = gateway.lines.length;
      const address = net.wan.right.v4;
      assert.equal(await net.sender.shell(`curl -sS -m 60 -H 'Host: ${ONE}' http://${address}:8080/`), `one ${ONE}\n`);
      await gateway.line(`The client names ${ONE}, but had looked up ${TWO} for this address`, { from });
    });

    test('is refused where the client has looked up several names for the address', async () => {
      const from = gateway.lines.length;
      await net.sender.shell(`getent hosts ${ONE}`);
      assert.equal(await say(ONE), '');
      await gateway.line(`by DNS it may be ${TWO} or ${ONE}`, { from });
    });

    test('is refused where nobody has looked anything up', async () => {
      const from = gateway.lines.length;
      assert.equal(await net.sender.shell(`printf hello | nc -6 -w 10 -q 2 ${net.wan.right.v6} 6379`), '');
      await gateway.line('No server name is known, so the certificate cannot be verified', { from });
    });

    test('dig gets the answers of the real name server, over UDP and TCP', async () => {
      for (const transport of ['+notcp', '+tcp']) {
        assert.equal(await net.sender.shell(`dig +short ${transport} ${ONE}`), `${net.wan.right.v4}\n`);
        assert.match(await net.sender.shell(`dig ${transport} nobody.example.test`), /status: NXDOMAIN/);
      }
    });
  });

  test('the name never decides where a connection goes', async () => {
    net.sender.names({ [ONE]: net.lan.right.v4 });
    const from = gateway.lines.length;
    assert.equal(await net.sender.shell(`curl -sS -m 60 -H 'Host: ${ONE}' http://${net.wan.right.v4}:8080/`), `one ${ONE}\n`);
    await gateway.line(`s_connect: connected ${net.wan.right.v4}:8080`, { from });
    net.sender.names({});
  });

  test('a client that speaks TLS itself is handed through', async () => {
    const from = gateway.lines.length;
    const fetch = `curl -sS -m 60 --cacert ${authority().certFile} https://${TWO}:8080/`;
    assert.equal(await net.sender.shell(fetch), `two ${TWO}:8080\n`);
    await gateway.line(`Client speaks TLS: handed through, not verified by us (${TWO})`, { from });
  });

  test('nothing is held in the end', async () => {
    await gateway.stop();
  });

  test('without name sources it fails closed', async () => {
    await net.gateway.shell('iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 443 -j REDIRECT --to-ports 1500');
    const names = { sni: 'auto', nameSources: 'map', nameMissing: 'refuse' };
    const trust = { verifyChain: true, CAfile: authority().certFile };
    const config = clientSection('nameless', { accept: '1500', transparent: 'destination', ...names, ...trust });
    const daemon = await startDaemon(t, { config, place: net.gateway });
    net.sender.names({ [ONE]: net.wan.right.v4 });
    const { code } = await startPublishing(media, `rtmp://${ONE}:443/live/nameless`, net.sender).finished;
    assert.notEqual(code, 0);
    await daemon.line('No server name is known, so the certificate cannot be verified');
    assert.deepEqual(
      receivers.flatMap((receiver) => receiver.recordings()).filter((file) => file.includes('/nameless')),
      [],
    );
    await daemon.stop();
  });
});
