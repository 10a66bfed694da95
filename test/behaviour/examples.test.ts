/**
 * Every file of examples/ is started and used. Only what must differ on this machine is replaced (ports, host names, paths), and a
 * replacement that finds nothing fails: an example cannot change away from its test. A new example without a use here fails too.
 */
// Tests: src/cli/
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { Stored } from '../support/data/certificates.ts';
import { authority, store, strangersCertificate } from '../support/data/certificates.ts';
import { within } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { listenStartTls } from '../support/net/starttls.ts';
import { closedPort, collect, dial, echo, echoServer, ending, readExactly } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const FOLDER = join(ROOT, 'examples');
const NOBODY = 'CURRENTKEYCURRENTKEYCURRENTKEYCURRENTKEYCUR=';
const NEXT = 'NEXTKEYNEXTKEYNEXTKEYNEXTKEYNEXTKEYNEXTKEYN=';

/** The files that are started as they are; what needs more than a daemon has its own test elsewhere. */
const USES: Readonly<Record<string, (t: TestContext) => Promise<void>>> = {
  'article-step-1.conf': async (t) => {
    const server = await listenTls(t, {}, echo);
    const replace = {
      'accept = 1234': 'accept = 127.0.0.1:0',
      'www.example.org:443': `127.0.0.1:${server.port}`,
      'debug = 5': 'debug = 7',
    };
    const daemon = await start(t, 'article-step-1.conf', replace);
    await answers(t, daemon, 'my-encryption-service');
    await daemon.line('Service [my-encryption-service] needs authentication to prevent MITM attacks');
    await daemon.stop();
  },
  'article-step-3.conf': (t) =>
    onThreeHosts(t, async (net) => {
      const gateway = await start(t, 'article-step-3.conf', {}, net.gateway);
      assert.equal(await publishHi(net), 'hi\n');
      await gateway.stop();
    }),
  'article-secure.conf': (t) =>
    onThreeHosts(t, async (net, certificate) => {
      const file = '/etc/overcoat/your_certificates.crt';
      const right = await start(t, 'article-secure.conf', { [file]: certificate.certFile }, net.gateway);
      assert.equal(await publishHi(net), 'hi\n');
      await right.stop();
      const wrong = await start(t, 'article-secure.conf', { [file]: strangersCertificate().certFile }, net.gateway);
      assert.equal(await publishHi(net), '');
      await wrong.line('certificate verify failed');
      await wrong.stop();
    }),
  'names.conf': (t) =>
    onThreeHosts(t, async (net) => {
      for (const [name, answer] of Object.entries({ 'www.example.org': 'hi\n', 'other.example.org': '' })) {
        const { names } = writeFiles(tempFolder(t), { names: `${net.wan.right.v4} ${name}\n` });
        const replace = { '/etc/overcoat/names': names, 'CAfile = system': `CAfile = ${authority().certFile}` };
        const daemon = await start(t, 'names.conf', replace, net.gateway);
        assert.equal(await publishHi(net), answer);
        await daemon.line(`Server name: ${name} (map)`);
        await daemon.stop();
      }
    }),
  'publish-rtmps.conf': async (t) => {
    for (const [name, right] of Object.entries({ 'live.example.org': true, 'other.example.org': false })) {
      const server = await listenTls(t, certificateFor(name), echo);
      const daemon = await start(t, 'publish-rtmps.conf', {
        '127.0.0.1:1935': '127.0.0.1:0',
        'connect = live.example.org:443': `connect = 127.0.0.1:${server.port}`,
        'CAfile = system': `CAfile = ${authority().certFile}`,
      });
      if (right) await answers(t, daemon, 'publish');
      else await refuses(t, daemon, 'publish');
      await daemon.stop();
    }
  },
  'receive-rtmps.conf': async (t) => {
    const backend = await echoServer(t);
    const { certFile, keyFile } = stored('live.example.org');
    const daemon = await start(t, 'receive-rtmps.conf', {
      'accept = 443': 'accept = 127.0.0.1:0',
      '127.0.0.1:1935': `127.0.0.1:${backend.port}`,
      '/etc/overcoat/live.example.org.crt': certFile,
      '/etc/overcoat/live.example.org.key': keyFile,
    });
    await answersTls(t, daemon, 'rtmps', { servername: 'live.example.org' });
    await daemon.stop();
  },
  'pinned.conf': async (t) => {
    const [current, next, stranger] = [stored('live.example.org'), stored('next'), strangersCertificate()];
    const servers = await Promise.all([current, next, stranger].map((one) => listenTls(t, { cert: one.certificate, key: one.key }, echo)));
    for (const [index, server] of servers.entries()) {
      const daemon = await start(t, 'pinned.conf', {
        '127.0.0.1:1935': '127.0.0.1:0',
        'live.example.org:443\n': `127.0.0.1:${server.port}\n`,
        [NOBODY]: current.pin,
        [NEXT]: next.pin,
      });
      if (index < 2) await answers(t, daemon, 'pinned');
      else await refuses(t, daemon, 'pinned');
      await daemon.stop();
    }
  },
  'mutual-server.conf': async (t) => {
    const backend = await echoServer(t);
    const daemon = await startMutualServer(t, backend.port);
    const { certificate: cert, key } = clientCertificate();
    await answersTls(t, daemon, 'database', { cert, key, servername: 'db.example.org' });
    const stranger = await dialTls(t, await daemon.port('database'), { servername: 'db.example.org' });
    await ending(stranger);
    await daemon.line('Connection reset/closed: 0 byte(s) sent to TLS, 0 byte(s) sent to socket');
    assert.equal(backend.accepted.length, 1, 'the one without a certificate never got to the backend');
    await daemon.stop();
  },
  'mutual-client.conf': async (t) => {
    const backend = await echoServer(t);
    const server = await startMutualServer(t, backend.port);
    const { certFile, keyFile } = clientCertificate();
    const daemon = await start(t, 'mutual-client.conf', {
      '127.0.0.1:5432': '127.0.0.1:0',
      'db.example.org:5433': `127.0.0.1:${await server.port('database')}`,
      '/etc/overcoat/client.crt': certFile,
      '/etc/overcoat/client.key': keyFile,
      '/etc/overcoat/authority.crt': authority().certFile,
    });
    await answers(t, daemon, 'database');
    await daemon.stop();
    await server.stop();
  },
  'unix-socket.conf': async (t) => {
    const path = join(tempFolder(t), 'application.sock');
    const backend = createServer({ allowHalfOpen: true }, echo).listen(path);
    t.after(() => {
      backend.close();
    });
    const { certFile, keyFile } = stored('localhost');
    const daemon = await start(t, 'unix-socket.conf', {
      'accept = 8443': 'accept = 127.0.0.1:0',
      '/run/application.sock': path,
      '/etc/overcoat/server.crt': certFile,
      '/etc/overcoat/server.key': keyFile,
    });
    await answersTls(t, daemon, 'application', { servername: 'localhost' });
    await daemon.stop();
  },
  'mail.conf': async (t) => {
    const cert = certificateFor('mail.example.org');
    const says = { smtp: ['220 hi\r\n', '250 STARTTLS\r\n', '220 go\r\n'], imap: ['* OK hi\r\n', 'overcoat OK go\r\n'] };
    const answerSmtp = (line: string): string => (line.startsWith('AUTH PLAIN AG1lAHNlY3JldA==') ? '235 in\r\n' : '250 fine\r\n');
    const smtp = await listenStartTls(t, says.smtp, (socket) => socket.on('data', (line) => socket.write(answerSmtp(String(line)))), cert);
    const imap = await listenStartTls(t, says.imap, (socket) => socket.on('data', () => socket.end('a BAD what\r\n')), cert);
    const daemon = await start(t, 'mail.conf', {
      '127.0.0.1:2525': '127.0.0.1:0',
      '127.0.0.1:1143': '127.0.0.1:0',
      'mail.example.org:587': `127.0.0.1:${smtp.port}`,
      'mail.example.org:143': `127.0.0.1:${imap.port}`,
      'CAfile = system': `CAfile = ${authority().certFile}`,
    });
    const sender = await dial(t, await daemon.port('submission'));
    assert.equal(String(await readExactly(sender, 8)), '220 hi\r\n');
    sender.destroy();
    const reader = await dial(t, await daemon.port('imap'));
    reader.end('a LOGIN me secret\r\n');
    assert.equal(String(await collect(reader)), '* OK hi\r\na BAD what\r\n');
    for (const socket of smtp.accepted) socket.destroy();
    await daemon.stop();
  },
  'behind-load-balancer.conf': async (t) => {
    const backend = await echoServer(t);
    const { certFile, keyFile } = stored('localhost');
    const daemon = await start(t, 'behind-load-balancer.conf', {
      'accept = 8443': 'accept = 127.0.0.1:0',
      '127.0.0.1:8080': `127.0.0.1:${backend.port}`,
      '192.0.2.0/24': '127.0.0.1',
      '/etc/overcoat/server.crt': certFile,
      '/etc/overcoat/server.key': keyFile,
    });
    const balancer = await dial(t, await daemon.port('application'));
    balancer.write('PROXY TCP4 198.51.100.7 192.0.2.1 40001 443\r\n');
    const client = await secured(t, balancer, 'localhost');
    client.end('through the example');
    const header = await readExactly(client, 28);
    assert.equal(header.toString('hex', 12, 24), `2111${header.toString('hex', 14, 16)}c6336407c0000201`);
    assert.ok(String(await collect(client)).endsWith('through the example'));
    await daemon.stop();
  },
  'failover.conf': async (t) => {
    const second = await listenTls(t, certificateFor('two.example.org'), echo);
    const daemon = await start(t, 'failover.conf', {
      '127.0.0.1:8080': '127.0.0.1:0',
      'connect = one.example.org:443': `connect = 127.0.0.1:${await closedPort()}`,
      'connect = two.example.org:443': `connect = 127.0.0.1:${second.port}`,
      'CAfile = system': `CAfile = ${authority().certFile}`,
    });
    await answers(t, daemon, 'application');
    await daemon.line('Connection refused (111)');
    await daemon.stop();
  },
};

const NEEDS: Readonly<Record<string, string | false>> = {
  'article-step-3.conf': requires({ netns: true, packages: ['iptables', 'netcat-openbsd'] }),
  'names.conf': requires({ netns: true, packages: ['iptables', 'netcat-openbsd'] }),
  'article-secure.conf': requires({ netns: true, packages: ['iptables', 'netcat-openbsd'] }),
};

suite('examples', () => {
  test('are all used here', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.conf'));
    assert.ok(files.length > 0);
    assert.deepEqual(files.sort(), Object.keys(USES).sort());
  });
  for (const [name, use] of Object.entries(USES)) test(name, { skip: NEEDS[name] ?? false }, use);
});

/** Starts an example with the given texts replaced; every one of them must occur. */
function start(t: TestContext, name: string, replace: Readonly<Record<string, string>>, place?: ThreeHosts['gateway']): Promise<Daemon> {
  let config = readFileSync(join(FOLDER, name), 'utf8');
  for (const [from, to] of Object.entries(replace)) {
    assert.ok(config.includes(from), `${name} no longer says "${from}"`);
    config = config.replaceAll(from, to);
  }
  return startDaemon(t, { config, ...(place && { place }) });
}

function startMutualServer(t: TestContext, backend: number): Promise<Daemon> {
  const { certFile, keyFile } = stored('db.example.org');
  return start(t, 'mutual-server.conf', {
    'accept = 5433': 'accept = 127.0.0.1:0',
    '127.0.0.1:5432': `127.0.0.1:${backend}`,
    '/etc/overcoat/server.crt': certFile,
    '/etc/overcoat/server.key': keyFile,
    '/etc/overcoat/authority.crt': authority().certFile,
  });
}

/** What a plain client sends through the service comes back from the echo behind it. */
async function answers(t: TestContext, daemon: Daemon, service: string): Promise<void> {
  const client = await dial(t, await daemon.port(service));
  client.end('through the example');
  assert.equal(String(await collect(client)), 'through the example');
}

/** TLS with a service over a connection on which something was said before. */
async function secured(t: TestContext, socket: Socket, servername: string): Promise<TLSSocket> {
  const client = connect({ socket, servername, ca: authority().certificate });
  t.after(() => {
    client.destroy();
  });
  await within('the TLS handshake finishes', once(client, 'secureConnect'));
  return client;
}

async function answersTls(t: TestContext, daemon: Daemon, service: string, options: Parameters<typeof dialTls>[2]): Promise<void> {
  const client = await dialTls(t, await daemon.port(service), options);
  client.end('through the example');
  assert.equal(String(await collect(client)), 'through the example');
}

/** A plain client is reset, and the log has stunnel's word for it. */
async function refuses(t: TestContext, daemon: Daemon, service: string): Promise<void> {
  const client = await dial(t, await daemon.port(service));
  client.write('must not arrive');
  assert.equal(await ending(client), 'ECONNRESET');
  await daemon.line('certificate verify failed');
  await daemon.line('Connection closed/reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket');
}

/** A sender, a gateway with the rule of the examples' comments, and a TLS echo at www.example.org:443. */
async function onThreeHosts(t: TestContext, use: (net: ThreeHosts, certificate: Stored) => Promise<void>): Promise<void> {
  const net = openThreeHosts();
  t.after(() => net.close());
  net.sender.names({ 'www.example.org': net.wan.right.v4 });
  await net.gateway.shell('iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 443 -j REDIRECT --to-ports 443');
  const certificate = stored('www.example.org');
  const backend = net.receiver.start([
    'openssl',
    's_server',
    '-rev',
    '-accept',
    '443',
    '-cert',
    certificate.certFile,
    '-key',
    certificate.keyFile,
  ]);
  await backend.saw(/ACCEPT/);
  await use(net, certificate);
}

/** `echo ih | nc`: the far end sends lines back reversed. @returns what came back */
function publishHi(net: ThreeHosts): Promise<string> {
  return net.sender.shell('echo ih | nc -N -w 60 www.example.org 443 || true');
}

function stored(name: string): Stored {
  return store(name, authority().issue({ dnsNames: [name] }));
}

function certificateFor(name: string): { cert: string; key: string } {
  const { certificate: cert, key } = stored(name);
  return { cert, key };
}

function clientCertificate(): Stored {
  return store('example-client', authority().issue({ subject: 'CN=client', usages: ['clientAuth'] }));
}
