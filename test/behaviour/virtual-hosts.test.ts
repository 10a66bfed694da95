/**
 * Virtual services by server name: each with its own certificate, verification, target and ticket keys. The matrix offers every
 * session to every service, under every spelling of the name and with every client certificate: nobody may reach a backend that
 * would not have taken him afresh. Node accepts a resumed session without a check, and names no server on TLS 1.2 resumption; other
 * servers have had the same fault (nginx CVE-2025-23419, Traefik GHSA-gv8r-9rw9-9697).
 */
// Tests: src/connection/secure/virtual-host.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, suite, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import { authority, store } from '../support/data/certificates.ts';
import { within } from '../support/eventually.ts';
import { dial, ending, listen } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { identity, section, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { suiteEnd } from '../support/suite-end.ts';
import type { Ending } from '../support/temp.ts';

const SERVICES = ['web', 'one', 'two'] as const;
type ServiceName = (typeof SERVICES)[number];
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

const first = authority();
const second = authority('second');
const CLIENTS = {
  none: undefined,
  one: store('virtual-client-one', first.issue({ subject: 'CN=client one', usages: ['clientAuth'] })),
  two: store('virtual-client-two', second.issue({ subject: 'CN=client two', usages: ['clientAuth'] })),
} as const;
type ClientName = keyof typeof CLIENTS;

/** Names as clients write them, and whose they are. */
const NAMES: readonly (readonly [spelling: string | undefined, service: ServiceName])[] = [
  ['one.test', 'one'],
  ['ONE.Test', 'one'],
  ['one.test.', 'one'],
  ['deep.below.two.test', 'two'],
  ['two.test', 'web'],
  [undefined, 'web'],
  ['unknown.test', 'web'],
];

interface Visit {
  /** What the backend said first; undefined: nobody was reached. */
  readonly reached: string | undefined;
  readonly resumed: boolean;
  readonly certificate: string;
  readonly session: Buffer | undefined;
}

for (const tickets of [true, false])
  suite(`virtual services, ${tickets ? 'tickets' : 'session ids'}`, () => {
    const t = suiteEnd();
    let daemon: Daemon;
    let port: number;

    before(async () => {
      const common: Options[] = [];
      for (const name of SERVICES) {
        const backend = await listen(t, (socket) => socket.end(name));
        const own = store(`virtual-${name}`, first.issue({ subject: `CN=${name}`, dnsNames: [`${name}.test`] }));
        common.push({ connect: backend.port, ...(tickets ? {} : { options: 'NO_TICKET' }), ...identity(own) });
      }
      const [web, one, two] = common;
      const config =
        serverSection('web', { ...web }) +
        section('one', { ...one, sni: 'web:one.test', verifyChain: true, CAfile: first.certFile }) +
        section('two', { ...two, sni: 'web:*.two.test', verifyChain: true, CAfile: second.certFile });
      daemon = await startDaemon(t, { config });
      port = await daemon.port('web');
    });

    /** One client from the handshake to the end. */
    async function visit(
      name: string | undefined,
      client: ClientName,
      version: (typeof VERSIONS)[number],
      session?: Buffer,
    ): Promise<Visit> {
      const shown = CLIENTS[client];
      const options: ConnectionOptions = {
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        maxVersion: version,
        ...(name === undefined ? {} : { servername: name }),
        ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
        ...(session === undefined ? {} : { session }),
      };
      const socket = connect(options);
      let given: Buffer | undefined;
      const chunks: Buffer[] = [];
      socket.on('session', (one) => {
        given = one;
      });
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      const secured = new Promise<void>((resolve) => socket.once('secureConnect', resolve));
      await within('the handshake ends', Promise.race([secured, closed])); // who is refused may be cut off first
      const resumed = socket.isSessionReused() === true;
      const certificate = socket.getPeerX509Certificate()?.subject ?? '';
      socket.end();
      await within('the connection ends', closed);
      const reached = Buffer.concat(chunks).toString();
      return { reached: reached === '' ? undefined : reached, resumed, certificate, session: given };
    }

    test('each name gets its own certificate and backend', async () => {
      for (const [name, service] of NAMES) {
        const seen = await visit(name, service === 'web' ? 'none' : service, 'TLSv1.3');
        assert.deepEqual([seen.reached, seen.certificate], [service, `CN=${service}`], name ?? 'no name');
      }
    });

    test('the log says what was asked for and who serves, as stunnel does', async () => {
      const from = daemon.lines.length;
      await visit('ONE.test.', 'one', 'TLSv1.3');
      await daemon.line('SNI: requested servername: ONE.test.', { from });
      await daemon.line(/LOG5\[\d+\]: SNI: switched to service \[one\]/, { from });
      await daemon.line('Service [one] connected remote server', { from });
      await visit('unknown.test', 'none', 'TLSv1.3');
      await daemon.line(/LOG3\[\d+\]: SNI: no pattern matched servername: unknown\.test/, { from });
      await visit(undefined, 'none', 'TLSv1.3');
      await daemon.line('SNI: no servername received', { from });
    });

    test('a name with control characters stays one line', async () => {
      const from = daemon.lines.length;
      await visit('evil\nCERT: accepted\x1b[31m', 'none', 'TLSv1.3');
      const line = await daemon.line('SNI: requested servername: evil', { from });
      assert.doesNotMatch(line, /\x1b/);
      assert.ok(!daemon.lines.slice(from).some((one) => one.startsWith('CERT: accepted')));
    });

    for (const version of VERSIONS) {
      test(`${version}: no session, name or certificate opens another service`, async (t) => {
        const sessions = new Map<ServiceName | 'fresh', Buffer | undefined>([['fresh', undefined]]);
        for (const service of SERVICES) {
          const [name] = NAMES.find(([, owner]) => owner === service) ?? [];
          const earned = await visit(name, service === 'web' ? 'none' : service, version);
          assert.equal(earned.reached, service);
          sessions.set(service, earned.session);
        }
        let combinations = 0;
        let resumed = 0;
        for (const [name, service] of NAMES) {
          for (const client of Object.keys(CLIENTS) as ClientName[]) {
            for (const [origin, session] of sessions) {
              combinations += 1;
              const seen = await visit(name, client, version, session);
              const about = `${name} as ${client} with the session of ${origin}`;
              const trusted = service === 'web' || client === service;
              assert.ok(seen.reached === undefined || seen.reached === service, `${about} reached ${seen.reached}`);
              if (seen.resumed) assert.equal(origin, service, `${about} was resumed`);
              if (seen.resumed) resumed += 1;
              assert.equal(seen.reached !== undefined, trusted || seen.resumed, about);
            }
          }
        }
        t.diagnostic(`${combinations} combinations`);
        assert.ok(combinations >= 84);
        assert.ok(resumed > 0, 'a session opens its own service');
      });
    }

    test('what is no TLS gets TLS’s own answer', async (t) => {
      const from = daemon.lines.length;
      const socket = await dial(t, port);
      socket.write('GET / HTTP/1.1\r\n\r\n');
      await ending(socket);
      await daemon.line(/SSL_accept: error:0A0000[0-9A-F]{2}:SSL routines::http request/, { from });
    });

    test('a hello in many small pieces is put together', async (t) => {
      const from = daemon.lines.length;
      const raw = await dial(t, port);
      const hello = await helloOf(t, 'one.test');
      for (let at = 0; at < hello.length; at += 50) {
        raw.write(hello.subarray(at, at + 50));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await daemon.line('SNI: switched to service [one]', { from });
      raw.destroy();
    });

    test('nothing is left open', () => daemon.stop());

    /** The first bytes of a client that asks for this name. */
    async function helloOf(owner: Ending, servername: string): Promise<Buffer> {
      const sink = await listen(owner);
      const socket = connect({ port: sink.port, host: '127.0.0.1', servername }).on('error', () => undefined);
      const accepted = await sink.next();
      const [bytes] = (await once(accepted, 'data')) as [Buffer];
      socket.destroy();
      accepted.destroy();
      return bytes;
    }
  });

test('--strict refuses a name nobody has, with an alert', async (t) => {
  const backend = await listen(t, (socket) => socket.end('web'));
  const common = { connect: backend.port, ...identity() };
  const config = serverSection('web', common) + section('one', { sni: 'web:one.test', ...common });
  const daemon = await startDaemon(t, { config, args: ['--strict'] });
  const port = await daemon.port('web');
  const errorOf = async (servername: string): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
    const outcome = Promise.race([
      once(socket, 'secureConnect').then(() => 'accepted'),
      new Promise<string>((resolve) => socket.on('error', (error) => resolve(error.message))),
    ]);
    const text = await within('the handshake ends', outcome);
    socket.destroy();
    return text;
  };
  assert.match(await errorOf('unknown.test'), /unrecognized name/);
  assert.equal(await errorOf('one.test'), 'accepted');
  await daemon.stop();
});
