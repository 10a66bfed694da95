/**
 * Reloads in the middle of handshakes of every kind, in both modes: client certificates, pre-shared keys, tickets, virtual hosts and
 * verdicts that wait for a responder, while peers leave at every moment, and with the collector at work all the time. What a handshake
 * needs of the library (contexts above all) has then lost every other owner. `npm run test:memory` has the allocator watch it.
 */
// Tests: src/openssl/library/handle.ts, src/openssl/context/context.ts, src/openssl/context/virtual-host.ts
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { Random } from '../support/fuzz.ts';
import { echoServer, ending, startDial } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { craftResponse, listenAsResponder } from '../support/peers/ocsp.ts';

const RELOADS = Number(process.env['OVERCOAT_TEST_RELOADS'] ?? 25);
const AT_ONCE = 12;
/** The collector at work in the middle of whatever runs: a scavenge at random fillings of the young generation, and real collections often. */
const COLLECTING = ['--stress-scavenge=30', '--gc-interval=500000'];
/** While it lasts, a verdict waits, and its peer may leave. */
const RESPONDER_MS = 30;

const MUTUAL: Options = { verifyChain: true, CAfile: authority().certFile };
const IN_PSK_FILE = { PSKsecrets: '@/psk.txt', PSKidentity: 'me' };

/** Each client service wraps for a server service, which it reaches by a Unix socket. */
function configuration(backend: number, responders: { readonly server: string; readonly client: string }): string {
  const server = (name: string, options: Options): string => serverSection(name, { accept: `@/${name}`, connect: backend, ...options });
  const client = (name: string, to: string, options: Options): string => clientSection(name, { connect: `@/${to}`, ...options });
  const own = identity(certificate('client'));
  return [
    server('front', {}),
    section('host-a', { sni: 'front:a.test', connect: backend, ...identity(certificate('rsa')) }),
    section('host-b', { sni: 'front:b.test', connect: backend, ...identity(), ...MUTUAL }),
    server('mutual', MUTUAL),
    server('asked', { ...MUTUAL, OCSP: responders.client }),
    server('psk', { cert: undefined, PSKsecrets: '@/psk.txt', ciphers: 'PSK' }),
    client('wrap-a', 'front', { sni: 'a.test' }),
    client('wrap-b', 'front', { sni: 'b.test', ...own }),
    client('wrap-stranger', 'front', { sni: 'b.test' }),
    client('wrap-mutual', 'mutual', { ...own, ...verified(), sslVersion: 'TLSv1.2' }),
    client('wrap-asking', 'mutual', { ...own, ...verified(), OCSP: responders.server }),
    client('wrap-asking-1.2', 'mutual', { ...own, ...verified(), OCSP: responders.server, sslVersion: 'TLSv1.2' }),
    client('wrap-asked', 'asked', own),
    client('wrap-psk', 'psk', { ...IN_PSK_FILE, ciphers: 'PSK' }),
    client('wrap-psk-1.2', 'psk', { ...IN_PSK_FILE, ciphers: 'PSK', sslVersion: 'TLSv1.2' }),
  ].join('');
}

const WRAPS = ['a', 'b', 'stranger', 'mutual', 'asking', 'asking-1.2', 'asked', 'psk', 'psk-1.2'].map((name) => `wrap-${name}`);

/** Nothing is waited for: when somebody answers or leaves is what is tested. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A client of a client service: talks, or leaves within the time a handshake takes. @returns whether it was answered */
async function throughBoth(t: TestContext, port: number, random: Random): Promise<boolean> {
  const socket = startDial(t, port);
  const answered = new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
  socket.write('hello');
  const [leaves, after] = [random.below(3) === 0, random.below(40)];
  if (leaves) {
    await delay(after);
    if (random.below(2) === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  const seen = await answered;
  socket.end();
  await ending(socket);
  return seen;
}

/** A TLS client of the virtual hosts, which may resume what another host gave it, and may leave. */
async function direct(path: string, options: ConnectionOptions, random: Random): Promise<Buffer | undefined> {
  const socket = connect({ path, rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  let session: Buffer | undefined;
  socket.on('session', (given) => {
    session = given;
  });
  socket.once('secureConnect', () => socket.write('x'));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const stays = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  await Promise.race([closed, stays, ...(random.below(3) === 0 ? [delay(random.below(30))] : [])]);
  socket.destroy();
  await closed;
  return session;
}

test('reloads in the middle of handshakes of every kind', async (t) => {
  const backend = await echoServer(t);
  const slow = (name: 'server' | 'client') => {
    const response = craftResponse(certificate(name), authority(), {
      thisUpdate: new Date(),
      nextUpdate: new Date(Date.now() + 3_600_000),
    });
    return listenAsResponder(t, () => delay(RESPONDER_MS).then(() => response));
  };
  const [server, client] = await Promise.all([slow('server'), slow('client')]);
  const daemon = await startDaemon(t, {
    config: configuration(backend.port, { server: server.url, client: client.url }),
    files: { 'psk.txt': `me:${'6f'.repeat(32)}\n` },
    nodeOptions: COLLECTING,
  });
  const ports = new Map(await Promise.all(WRAPS.map(async (name) => [name, await daemon.port(name)] as const)));
  const answered = new Map<string, number>();
  let over = false;
  const load = async (seed: number): Promise<void> => {
    const random = new Random(seed + 1);
    const { certificate: cert, key } = certificate('client');
    let session: Buffer | undefined;
    while (!over) {
      if (random.below(4) === 0) {
        const servername = random.pick(['a.test', 'b.test', 'c.test']);
        const maxVersion = random.pick(['TLSv1.2', 'TLSv1.3'] as const);
        session = await direct(
          join(daemon.folder, 'front'),
          { servername, maxVersion, session, ...(random.below(2) === 0 ? { cert, key } : {}) },
          random,
        );
      } else {
        const name = random.pick(WRAPS);
        if (await throughBoth(t, ports.get(name) ?? assert.fail(name), random)) answered.set(name, (answered.get(name) ?? 0) + 1);
      }
    }
  };
  const loads = Array.from({ length: AT_ONCE }, (_, seed) => load(seed));
  const finished = WRAPS.filter((name) => name !== 'wrap-stranger');
  let reloads = 0;
  await eventually('every kind of handshake was finished between two of all the reloads', async () => {
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line('Log file reopened', { from });
    reloads += 1;
    return reloads >= RELOADS && finished.every((name) => answered.has(name));
  });
  over = true;
  await Promise.all(loads);
  t.diagnostic(`${reloads} reloads; answered: ${[...answered].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  assert.equal(answered.has('wrap-stranger'), false, 'nobody without a certificate was let in');
  await daemon.stop();
});
