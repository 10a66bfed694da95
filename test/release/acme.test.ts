/**
 * `acme` where it takes minutes or much of a processor: every kind of key, orders and accounts that a directory forgets or refuses midway, a
 * certificate that is revoked, and two hosts that share one folder, one of which dies with the lock in its hands.
 */
// Tests: src/acme/orders.ts, src/acme/lease.ts, src/daemon/renewal/certificate-keeper.ts
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { createServer } from 'node:tls';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, echoServer, readExactly } from '../support/net/tcp.ts';
import { acmeSection, shownAt } from '../support/overcoat/acme-service.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Pebble } from '../support/peers/pebble.ts';
import { startPebble } from '../support/peers/pebble.ts';
import type { Place } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const ISSUED = /Service \[web\]: certificate for a\.example\.test issued by https/;
/** The first pause after a failure is about a minute; a lock is taken from a silent owner after two. */
const MINUTES = { within: 240_000 };

async function echoes(t: TestContext, port: number): Promise<string> {
  const { socket, serial } = await shownAt(t, port);
  socket.write('hello');
  assert.equal((await readExactly(socket, 5)).toString(), 'hello');
  socket.destroy();
  return serial;
}

/** The file of that name below a folder, as text. */
function below(folder: string, name: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(name));
  return found === undefined ? '' : readFileSync(join(folder, found), 'utf8');
}

/** What stands in the lock of the certificate; that of the account is one folder above. */
function lockIn(store: string): string {
  const found = readdirSync(store, { recursive: true, encoding: 'utf8' }).find((path) => /^[^/]+\/[^/]+\/lock$/.test(path));
  return found === undefined ? '' : readFileSync(join(store, found), 'utf8');
}

suite('acme that takes its time', { concurrency: true, skip: requires({ packages: ['pebble'] }) }, () => {
  test('every kind of key is made, certified and served', async (t) => {
    const pebble = await startPebble(t);
    const { port: connect } = await echoServer(t);
    const [store, acmeHttp] = [join(tempFolder(t), 'store'), `127.0.0.1:${pebble.httpPort}`];
    const kinds = { ec256: 'prime256v1', ec384: 'secp384r1', rsa2048: 2048, rsa4096: 4096 } as const;
    const sections = Object.keys(kinds).map((acmeKeyType) =>
      acmeSection({ directory: pebble.directory, store, name: acmeKeyType }, { connect, acmeHttp, acmeKeyType }),
    );
    const daemon = await startDaemon(t, { config: sections.join('') });
    for (const [kind, expected] of Object.entries(kinds)) {
      await daemon.line(new RegExp(`Service \\[${kind}\\]: certificate for a\\.example\\.test issued`));
      const { socket } = await shownAt(t, await daemon.port(kind));
      const { asn1Curve, bits } = socket.getPeerCertificate() as { asn1Curve?: string; bits?: number };
      assert.equal(typeof expected === 'string' ? asn1Curve : bits, expected, kind);
      socket.write('hello');
      assert.equal((await readExactly(socket, 5)).toString(), 'hello');
      socket.destroy();
    }
    assert.equal(pebble.issued(), 4);
    await daemon.stop();
  });

  test('an order that becomes invalid midway is told, and the next one succeeds', async (t) => {
    const pebble = await startPebble(t);
    const { port: connect } = await echoServer(t);
    const daemon = await startDaemon(t, {
      config: acmeSection({ directory: pebble.directory, store: join(tempFolder(t), 'store') }, { connect }),
    });
    // somebody else's server stands where the authority looks
    const { certificate: cert, key } = certificate('server');
    const wrong = createServer({ cert, key }, (socket) => socket.on('error', () => undefined).destroy()).listen(
      pebble.tlsPort,
      '127.0.0.1',
    );
    await daemon.line(/no new certificate for a\.example\.test from .*; next try in \d+ seconds/);
    await new Promise((resolve) => wrong.close(resolve));
    await forward(t, pebble.tlsPort, await daemon.port('web'));
    await daemon.line(ISSUED, MINUTES);
    await echoes(t, await daemon.port('web'));
    assert.equal(pebble.issued(), 1);
    await daemon.stop();
  });

  test('a directory that has forgotten the account gets a new one, and the revoked certificate is replaced', async (t) => {
    const port = await closedPort();
    const first = await startPebble(t, { port, validSeconds: 30 });
    const { port: connect } = await echoServer(t);
    const store = join(tempFolder(t), 'store');
    const daemon = await startDaemon(t, { config: acmeSection({ directory: first.directory, store }, { connect }) });
    await forward(t, first.tlsPort, await daemon.port('web'));
    await daemon.line(ISSUED);
    const [account, serial] = [below(store, 'account.url'), await echoes(t, await daemon.port('web'))];
    await revoke(first, store);
    await first.program.stop();
    const second = await startPebble(t, { port, validSeconds: 30 });
    await forward(t, second.tlsPort, await daemon.port('web'));
    await daemon.line('certificate of [web] renewed until', MINUTES);
    assert.notEqual(await echoes(t, await daemon.port('web')), serial);
    assert.notEqual(below(store, 'account.url'), '');
    assert.ok(daemon.lines.some((line) => /no new certificate.*ccount/.test(line)) || below(store, 'account.url') !== account);
    await daemon.stop();
  });

  test('two hosts that share a folder: one certificate, and a lock whose owner has died on the other host is taken over', {
    skip: requires({ commands: ['unshare'], root: true }),
  }, async (t) => {
    const pebble = await startPebble(t, { env: { PEBBLE_VA_NOSLEEP: '', PEBBLE_VA_SLEEPTIME: '15' } });
    const { port: connect } = await echoServer(t);
    const store = join(tempFolder(t), 'store');
    const start = async (name: string, http: number): Promise<Daemon> => {
      const config = acmeSection({ directory: pebble.directory, store }, { connect, acmeHttp: `127.0.0.1:${http}` });
      return startDaemon(t, { config, place: hostOf(name) });
    };
    const one = await start('one', pebble.httpPort);
    await eventually('the first host holds the lock', () => /"host":"one"/.test(lockIn(store)));
    const { pid: pidOfOne } = JSON.parse(lockIn(store)) as { pid: number };
    const two = await start('two', await closedPort());
    assert.equal(insideOf(two), pidOfOne, 'both have the same process id, each on its host: no host may judge by it');
    one.signal('SIGKILL'); // and what runs in it
    await one.program.finished;
    assert.match(lockIn(store), /"host":"one"/);
    const heir = await forward(t, pebble.httpPort, await httpPortOf(two));
    await two.line(ISSUED, MINUTES);
    await echoes(t, await two.port('web'));
    heir.close();
    const three = await start('three', await closedPort());
    await three.line(/Renewed from .*certificate\.pem|Configuration successful/);
    assert.equal(await echoes(t, await three.port('web')), await echoes(t, await two.port('web')));
    assert.equal(pebble.issued(), 1);
    assert.equal(lockIn(store), '');
    for (const host of [two, three]) host.signal('SIGKILL');
  });
});

/** Where `acmeHttp` of a daemon listens. */
async function httpPortOf({ configFile }: Daemon): Promise<number> {
  return Number(/acmeHttp = 127\.0\.0\.1:(\d+)/.exec(readFileSync(configFile, 'utf8'))?.[1]);
}

/** A port that leads to another one. */
async function forward(t: TestContext, from: number, to: number): Promise<net.Server> {
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).pipe(other);
  });
  await new Promise<void>((resolve) => server.listen(from, '127.0.0.1', resolve));
  t.after(() => server.close());
  return server;
}

/** By its own account, as its owner would. */
async function revoke({ directory }: Pebble, store: string): Promise<void> {
  const { default: acme } = await import('acme-client');
  const { Agent } = await import('node:https');
  acme.axios.defaults.httpsAgent = new Agent({ rejectUnauthorized: false });
  const client = new acme.Client({
    directoryUrl: directory,
    accountKey: below(store, 'account-key.pem'),
    accountUrl: below(store, 'account.url').trim(),
  });
  const pem = below(store, 'certificate.pem');
  await client.revokeCertificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----')));
}

/** Another host, as far as names and process ids go: what it shares is the network and the files. */
function hostOf(name: string): Place {
  const shell = ['sh', '-c', `hostname ${name}; exec "$@"`, 'sh'];
  return { name, enter: (argv) => ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--uts', ...shell, ...argv] };
}

/** The process id that a daemon in such a host has there. */
function insideOf({ pid }: Daemon): number {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return Number(/^NSpid:.*\t(\d+)$/m.exec(readFileSync(`/proc/${child}/status`, 'latin1'))?.[1]);
}
