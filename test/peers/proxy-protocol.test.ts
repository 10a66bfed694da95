/**
 * The PROXY protocol with HAProxy and nginx: both versions, we write and they read, they write and we read, in both of our modes.
 */
// Tests: src/connection/talk/tls-facts.ts
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { closedPort, ending, startDial } from '../support/net/tcp.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startHaproxy } from '../support/peers/haproxy.ts';
import { startNginx } from '../support/peers/nginx.ts';
import type { Finished } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

/** What curl uses as its own address, so that the answer shows whose it is. */
const CLIENT = '127.0.0.23';
const curl = (...args: string[]): Promise<Finished> => runProgram(['curl', '-sv', '--max-time', '30', '--interface', CLIENT, ...args]);

suite('PROXY protocol', {
  skip: requires({ linux: true, packages: ['haproxy', 'nginx', 'libnginx-mod-stream', 'libnginx-mod-rtmp', 'curl'] }),
}, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  const theirs = { plain: 0, tls: 0, v1: 0, v2: 0, clientV1: 0, nginxPlain: 0, nginxTls: 0, nginxSends: 0 };

  before(async () => {
    for (const name of Object.keys(theirs) as (keyof typeof theirs)[]) theirs[name] = await closedPort();
    const { certFile, keyFile, bothFile } = certificate('server');
    const listed = { proxyAccept: '127.0.0.1' };
    daemon = await startDaemon(t, {
      config: [
        // We write, HAProxy reads: behind our TLS, and in front of its own.
        ...['v1', 'v2'].map((version) => serverSection(`server-${version}`, { connect: theirs.plain, proxySend: version })),
        serverSection('server-v2-alpn', { connect: theirs.plain, proxySend: 'v2', alpn: 'http/1.1' }),
        serverSection('server-proxy', { connect: theirs.plain, protocol: 'proxy' }),
        ...['v1', 'v2'].map((version) => clientSection(`client-${version}`, { connect: theirs.tls, proxySend: version, ...verified() })),
        ...['v1', 'v2'].map((version) => serverSection(`nginx-server-${version}`, { connect: theirs.nginxPlain, proxySend: version })),
        ...['v1', 'v2'].map((version) =>
          clientSection(`nginx-client-${version}`, { connect: theirs.nginxTls, proxySend: version, ...verified() }),
        ),
        // They write, we read, and write again so that the answer shows what we have understood.
        serverSection('reads', { connect: theirs.plain, ...listed, proxySend: 'v1' }),
        clientSection('reads-client', { connect: theirs.tls, ...listed, proxySend: 'v2', ...verified() }),
        serverSection('reads-from-others', { connect: theirs.plain, proxyAccept: '192.0.2.0/24, 2001:db8::/32' }),
      ].join(''),
    });
    const answer =
      'http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port] %[dst]:%[dst_port] authority=%[fc_pp_authority]\\n"';
    const sends = async (name: keyof typeof theirs, service: string, how: string): Promise<string> =>
      `frontend ${name}\nmode tcp\nbind 127.0.0.1:${theirs[name]}\ndefault_backend ${name}\nbackend ${name}\nmode tcp\n` +
      `server us 127.0.0.1:${await daemon.port(service)} ${how}\n`;
    const haproxy = await startHaproxy(
      `frontend plain\nmode http\nbind 127.0.0.1:${theirs.plain} accept-proxy\n${answer}\n` +
        `frontend tls\nmode http\nbind 127.0.0.1:${theirs.tls} accept-proxy ssl crt ${bothFile}\n${answer}\n` +
        (await sends('v1', 'reads', 'send-proxy')) +
        (await sends('v2', 'reads', 'send-proxy-v2 proxy-v2-options crc32c,unique-id')) +
        (await sends('clientV1', 'reads-client', 'send-proxy')),
      tempFolder(t),
    );
    t.after(() => haproxy.stop().then(() => undefined));
    const location = 'location / { return 200 "$proxy_protocol_addr:$proxy_protocol_port\\n"; }';
    const nginx = await startNginx(
      `http { access_log off;
        server { listen 127.0.0.1:${theirs.nginxPlain} proxy_protocol; ${location} }
        server { listen 127.0.0.1:${theirs.nginxTls} ssl proxy_protocol; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; ${location} } }
      stream { server { listen 127.0.0.1:${theirs.nginxSends}; proxy_pass 127.0.0.1:${await daemon.port('reads')}; proxy_protocol on; } }`,
      { directory: tempFolder(t) },
    );
    t.after(() => nginx.stop().then(() => undefined));
  });

  const https = async (service: string, ...more: string[]): Promise<string> => {
    const { stdout, stderr } = await curl(
      '--cacert',
      authority().certFile,
      `https://localhost:${await daemon.port(service)}/`,
      '-4',
      ...more,
    );
    assert.match(stdout, /^127\./, stderr);
    return stdout;
  };

  for (const service of ['server-v1', 'server-v2', 'server-proxy']) {
    test(`HAProxy reads what ${service} writes to the plain server`, async () => {
      assert.match(await https(service), new RegExp(`^${CLIENT}:\\d+ 127\\.0\\.0\\.1:${await daemon.port(service)} `));
    });
  }

  test('HAProxy reads the server name from our TLVs', async () => {
    assert.match(await https('server-v2'), /authority=localhost$/m);
    assert.match(await https('server-v2-alpn'), /authority=localhost$/m);
    assert.match(await https('server-v1'), /authority=$/m);
  });

  for (const version of ['v1', 'v2']) {
    test(`HAProxy reads what client mode writes before TLS, version ${version}`, async () => {
      const { stdout, stderr } = await curl(`http://127.0.0.1:${await daemon.port(`client-${version}`)}/`);
      assert.match(stdout, new RegExp(`^${CLIENT}:`), stderr);
    });

    test(`nginx reads what both modes write, version ${version}`, async () => {
      assert.match(await https(`nginx-server-${version}`), new RegExp(`^${CLIENT}:`));
      const { stdout, stderr } = await curl(`http://127.0.0.1:${await daemon.port(`nginx-client-${version}`)}/`);
      assert.match(stdout, new RegExp(`^${CLIENT}:`), stderr);
    });
  }

  for (const name of ['v1', 'v2', 'nginxSends'] as const) {
    test(`we read what ${name === 'nginxSends' ? 'nginx' : `HAProxy`} writes (${name}) before TLS`, async () => {
      const from = daemon.lines.length;
      const { stdout, stderr } = await curl('--cacert', authority().certFile, '-4', `https://localhost:${theirs[name]}/`);
      assert.match(stdout, new RegExp(`^${CLIENT}:\\d+ 127\\.0\\.0\\.1:${theirs[name]} `), stderr);
      await daemon.line(new RegExp(`Service \\[reads\\] accepted connection from ${CLIENT}:\\d+ \\(PROXY header of 127\\.0\\.0\\.1:`), {
        from,
      });
    });
  }

  test('we read what HAProxy writes in client mode, and pass it on in another version', async () => {
    const { stdout, stderr } = await curl(`http://127.0.0.1:${theirs.clientV1}/`);
    assert.match(stdout, new RegExp(`^${CLIENT}:`), stderr);
  });

  test('a sender that is not listed is refused, header or not', async (t) => {
    for (const [service, localAddress] of [
      ['reads-from-others', '127.0.0.1'],
      ['reads', CLIENT],
    ] as const) {
      const socket = startDial(t, await daemon.port(service), { localAddress });
      socket.write('PROXY TCP4 192.0.2.1 198.51.100.1 40001 443\r\n');
      assert.equal(await ending(socket), 'ECONNRESET');
    }
    await daemon.line('is not listed in proxyAccept');
  });

  for (const [what, bytes] of [
    ['no header', '\x16\x03\x01\x02\x00\x01\x00'],
    ['a malformed header', 'PROXY TCP4 999.0.2.1 198.51.100.1 40001 443\r\n'],
    ['an endless header', `PROXY UNKNOWN ${'x'.repeat(5000)}`],
    ['a TLV past the end', Buffer.from('0d0a0d0a000d0a515549540a2111000fc0000201c63364019c4101bb04ffff', 'hex')],
  ] as const) {
    test(`${what} from a listed sender is refused`, async (t) => {
      const socket = startDial(t, await daemon.port('reads'));
      socket.write(bytes);
      assert.equal(await ending(socket), 'ECONNRESET');
    });
  }

  test('nothing is left', () => daemon.stop());
});
