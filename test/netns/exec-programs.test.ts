/** `overcoat exec` with the programs it was made for: the article in one line, a database client, and names that only DNS knows. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { runExec } from '../support/overcoat/exec.ts';
import { receiverCertificate, startHttps } from '../support/overcoat/gateway.ts';
import { makeMedia, probe } from '../support/peers/ffmpeg.ts';
import { nginxArgv, rtmpRelay, startNginx, startRtmpReceiver } from '../support/peers/nginx.ts';
import { startPostgres } from '../support/peers/postgres.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const NAME = 'www.example.test';
const NAME_SERVER = new URL('../support/net/name-server.ts', import.meta.url).pathname;
const packages = [
  'nftables',
  'iproute2',
  'nginx',
  'libnginx-mod-rtmp',
  'libnginx-mod-stream',
  'ffmpeg',
  'curl',
  'tshark',
  'tcpdump',
  'postgresql',
  'netcat-openbsd',
];
const skip = requires({ netns: true, packages, commands: ['setpriv', 'unshare', 'runuser'] });

suite('overcoat exec runs', { skip }, () => {
  const t = suiteEnd();
  let net: ThreeHosts;
  const ca = (): string[] => ['--ca', authority().certFile];

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    const address = net.wan.right.v4;
    net.gateway.nameServers(address);
    await net.receiver.start([process.execPath, NAME_SERVER, address, JSON.stringify({ [NAME]: address })]).saw(/ready/);
    await startHttps(t, net, [8443]);
  });

  test('ffmpeg, publishing to a TLS port: the whole article in one line', async () => {
    const media = join(tempFolder(t), 'media.flv');
    await makeMedia(media, 3);
    const receiver = await startRtmpReceiver('127.0.0.1:1935', { directory: tempFolder(t), place: net.receiver });
    const { certFile, keyFile } = receiverCertificate(net);
    const front = `stream { server { listen 443 ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; proxy_pass 127.0.0.1:1935; } }`;
    await startNginx(front, { directory: tempFolder(t), place: net.receiver });
    const capture = await Capture.start(net.wan.left);
    const ffmpeg = ['ffmpeg', '-v', 'error', '-re', '-i', media, '-c', 'copy', '-f', 'flv', `rtmp://${NAME}:443/live/key`];
    const { code, stderr } = await runExec(net.gateway, [...ca(), '--explain'], ffmpeg);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^overcoat: www\.example\.test \(10\.77\.2\.2:443\): TLSv1\.\d .*, name from the protocol, verified by chain and name, \d{5,} bytes sent/m,
    );
    await capture.stop();
    const streams = await capture.tcpStreams();
    assert.equal(streams.filter(({ fromClient }) => fromClient.length > 10_000 && isOnlyTlsRecords(fromClient)).length, 1);
    assert.equal(await capture.packets('rtmpt'), 0);
    await capture.close();
    const sent = await probe(media);
    await receiver.stop();
    const [recording = ''] = receiver.recordings();
    const recorded = await probe(recording);
    assert.deepEqual([recorded.video?.packets, recorded.audio?.packets], [sent.video?.packets, sent.audio?.packets]);
  });

  test('nginx-rtmp, pushing to a TLS port what it is given', async () => {
    const media = join(tempFolder(t), 'media.flv');
    await makeMedia(media, 3);
    const receiver = await startRtmpReceiver('127.0.0.1:1935', { directory: tempFolder(t), place: net.receiver });
    const { certFile, keyFile } = receiverCertificate(net);
    const front = `stream { server { listen 444 ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; proxy_pass 127.0.0.1:1935; } }`;
    await startNginx(front, { directory: tempFolder(t), place: net.receiver });
    const directory = tempFolder(t);
    const relay = nginxArgv(rtmpRelay(1999, `rtmp://${NAME}:444/live/pushed`), directory);
    await runProgram(['chmod', '-R', 'a+rwX', directory]);
    // The publisher tries until the relay listens, and the relay is asked to end when the publisher has.
    const publish = `ffmpeg -v error -re -i ${media} -c copy -f flv rtmp://127.0.0.1:1999/live/any`;
    const script = `"$@" & until ${publish}; do sleep 0.2; done; kill -QUIT $!; wait`;
    const { code, stderr } = await runExec(net.gateway, [...ca(), '--explain'], ['sh', '-c', script, 'sh', ...relay]);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^overcoat: www\.example\.test \(10\.77\.2\.2:444\): .*, name from the protocol, verified by chain and name, \d{5,} bytes/m,
    );
    await receiver.stop();
    const [recording = ''] = receiver.recordings();
    assert.ok(((await probe(recording)).video?.packets ?? 0) > 10);
  });

  test('curl, whose name is verified, and which is refused where the name is another', async () => {
    const fetch = (url: string) => runExec(net.gateway, ca(), ['curl', '-sS', '-m', '60', url]);
    assert.equal((await fetch(`http://${NAME}:8443/`)).stdout, 'through TLS');
    assert.equal((await fetch(`http://${net.wan.right.v4}:8443/`)).stdout, 'through TLS', 'by address, which is in the certificate');
    const other = await runExec(net.gateway, ca(), ['curl', '-sS', '-m', '60', '-H', 'Host: other.example.test', `http://${NAME}:8443/`]);
    assert.notEqual(other.code, 0);
    assert.match(
      other.stderr,
      /^overcoat: Connection failed: \S+ -> other\.example\.test \(10\.77\.2\.2:8443\), .*not for other\.example\.test/m,
    );
  });

  test('curl to another port by --map-port', async () => {
    const flags = [...ca(), '--map-port', '80:8443'];
    assert.equal((await runExec(net.gateway, flags, ['curl', '-sS', '-m', '60', `http://${NAME}/`])).stdout, 'through TLS');
  });

  test('a client whose protocol has no name: the one it had looked up is verified', async () => {
    const talk = `printf 'GET /\\r\\n' | nc -N -w 60 ${NAME} 8443`;
    const { stdout, stderr } = await runExec(net.gateway, [...ca(), '--explain'], ['sh', '-c', talk]);
    assert.equal(stdout, 'through TLS', stderr);
    assert.match(stderr, /^overcoat: www\.example\.test \(10\.77\.2\.2:8443\): .*name from DNS, verified by chain and name/m);
    const blind = await runExec(net.gateway, ca(), ['sh', '-c', talk.replace(NAME, net.wan.right.v4)]);
    assert.match(blind.stderr, /^overcoat: Connection failed: \S+ -> 10\.77\.2\.2:8443, .* server_name_missing: No server name is known/m);
  });

  test('the same by address, where its name is given, in a map, in the hosts file, or the address itself is verified', async (t) => {
    const talk = ['sh', '-c', `printf 'GET /\\r\\n' | nc -N -w 60 ${net.wan.right.v4} 8443`];
    const { map, wrong } = writeFiles(tempFolder(t), { map: `${net.wan.right.v4} ${NAME}\n`, wrong: `${net.wan.right.v4} other.test\n` });
    for (const [flags, said] of [
      [['--name', NAME], 'name given'],
      [['--name-map', map], 'name from the map'],
      [['--name-missing', 'address'], 'name its address'],
    ] as const) {
      const { stdout, stderr } = await runExec(net.gateway, [...ca(), ...flags, '--explain'], talk);
      assert.equal(stdout, 'through TLS', stderr);
      assert.ok(stderr.includes(`${said}, verified by chain and name`), stderr);
    }
    net.gateway.names({ [NAME]: net.wan.right.v4 });
    const { stdout, stderr } = await runExec(net.gateway, [...ca(), '--explain'], talk);
    net.gateway.names({});
    assert.equal(stdout, 'through TLS', stderr);
    assert.match(stderr, /name from the hosts file, verified by chain and name/);
    const refused = await runExec(net.gateway, [...ca(), '--name-map', wrong], talk);
    assert.match(
      refused.stderr,
      /^overcoat: Connection failed: \S+ -> other\.test \(10\.77\.2\.2:8443\), .* handshake_verification: .* not for other\.test\./m,
    );
  });

  test('psql, which is spoken to in its own protocol before TLS', async () => {
    const { certFile, keyFile } = certificate('server');
    const postgres = await startPostgres({ directory: tempFolder(t), certFile, keyFile, place: net.gateway, port: 5432 });
    const query = [
      'psql',
      '-X',
      '-h',
      '127.0.0.1',
      '-U',
      'fred',
      '-d',
      'secure',
      '-Atc',
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    ];
    const flags = ['--host-loopback', '--pin', certFile];
    for (const sslmode of ['disable', 'prefer']) {
      const { code, stdout, stderr } = await runExec(net.gateway, flags, query, { env: { ...process.env, PGSSLMODE: sslmode } });
      assert.deepEqual([code, stdout], [0, 't\n'], stderr);
    }
    await postgres.stop();
  });
});
