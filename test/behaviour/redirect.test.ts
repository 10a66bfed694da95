/**
 * `redirect`: clients that fail certificate authentication land there, afresh and resumed, every time; nobody unauthenticated ever
 * reaches `connect` (stunnel's own history: 5.14, 5.57, 5.58).
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, suite, test } from 'node:test';
import { connect } from 'node:tls';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, selfSigned, strangersCertificate } from '../support/data/certificates.ts';
import { within } from '../support/eventually.ts';
import type { TcpServer } from '../support/net/tcp.ts';
import { listen } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { suiteEnd } from '../support/suite-end.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

for (const tickets of [true, false])
  suite(`redirect, ${tickets ? 'tickets' : 'session ids'}`, () => {
    const t = suiteEnd();
    let daemon: Daemon;
    let inner: TcpServer;
    const CLIENTS: readonly (readonly [name: string, shown: Stored | undefined, lands: 'inner' | 'outer'])[] = [
      ['the right certificate', certificate('client'), 'inner'],
      ['no certificate', undefined, 'outer'],
      ["a stranger's certificate", strangersCertificate(), 'outer'],
      ['a self-signed certificate', selfSigned(), 'outer'],
      ['an expired certificate', certificate('expired'), 'outer'],
      ['a certificate for another purpose', certificate('wrong-usage'), 'outer'],
    ];

    before(async () => {
      inner = await listen(t, (socket) => socket.end('inner'));
      const outer = await listen(t, (socket) => socket.end('outer'));
      const section = (name: string, options: Options): string =>
        serverSection(name, { connect: inner.port, redirect: outer.port, ...(tickets ? {} : { options: 'NO_TICKET' }), ...options });
      const chain = { verifyChain: true, CAfile: authority().certFile };
      const config = [
        ...(tickets ? [] : [optionLines({ workers: 1 })]), // each worker keeps sessions for itself
        section('chain', chain),
        section('peer', { verify: 4, CAfile: certificate('client').certFile }),
        section('pin', { pin: `sha256:${certificate('client').pin}` }),
        section('socks', { ...chain, connect: undefined, protocol: 'socks' }),
      ];
      daemon = await startDaemon(t, { config: config.join('') });
    });

    /** One client to its end. @returns what it was greeted with, and what it can resume */
    async function visit(service: string, shown: Stored | undefined, maxVersion: (typeof VERSIONS)[number], session?: Buffer) {
      const identity = shown === undefined ? {} : { cert: shown.certificate, key: shown.key };
      const offered = session === undefined ? {} : { session };
      const socket = connect({
        port: await daemon.port(service),
        host: '127.0.0.1',
        ca: authority().certificate,
        servername: 'localhost',
        maxVersion,
        ...identity,
        ...offered,
      });
      let given: Buffer | undefined;
      const chunks: Buffer[] = [];
      socket.on('session', (one) => {
        given = one;
      });
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => undefined);
      await within('the handshake ends', once(socket, 'secureConnect'));
      const resumed = socket.isSessionReused();
      await within('the service ends', once(socket, 'end'));
      socket.end();
      return { greeting: Buffer.concat(chunks).toString(), resumed, session: given };
    }

    for (const version of VERSIONS) {
      for (const service of ['chain', 'peer', 'pin']) {
        test(`${service}, ${version}: afresh and resumed`, async () => {
          for (const [name, shown, lands] of CLIENTS) {
            const first = await visit(service, shown, version);
            assert.deepEqual([first.greeting, first.resumed], [lands, false], name);
            for (let again = 0; again < 2; again += 1) {
              const resumed = await visit(service, shown, version, first.session);
              assert.deepEqual([resumed.greeting, resumed.resumed], [lands, true], `${name}, resumed`);
            }
          }
        });
      }
    }

    test('the log tells why, and where', async () => {
      const from = daemon.lines.length;
      await visit('chain', strangersCertificate(), 'TLSv1.3');
      await daemon.line(/LOG4\[\d+\]: Rejected by CERT at depth=0: CN=localhost/, { from });
      await daemon.line('Redirecting connection', { from });
    });

    test('with a protocol inside TLS the unauthenticated does not get to speak it', async () => {
      const accepted = inner.accepted.length;
      const refused = await visit('socks', undefined, 'TLSv1.3');
      assert.equal(refused.greeting, 'outer');
      assert.equal(inner.accepted.length, accepted);
    });

    test('nothing is left open', () => daemon.stop());
  });
