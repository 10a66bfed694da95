/**
 * Not one byte of the application crosses before the peer was accepted, in either direction, in either mode: the runtime finishes the
 * handshake before anybody can judge, so both sides already talk when the verdict falls.
 */
// Tests: src/connection/secure/handshake.ts
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, selfSigned, strangersCertificate } from '../support/data/certificates.ts';
import { dial, ending, listen } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';

const CA = () => authority().certFile;
const versions = ['TLSv1.2', 'TLSv1.3'] as const;

/** What is wrong, the certificate that is, and what the service demands. */
const refused: [what: string, certificate: () => Stored, options: () => Options][] = [
  ['an unknown authority', strangersCertificate, () => ({ verifyChain: true, CAfile: CA() })],
  ['a self-signed certificate', selfSigned, () => ({ verifyChain: true, CAfile: CA() })],
  ['another name', () => certificate('other-name'), () => verified()],
  ['another address', () => certificate('other-name'), () => ({ verifyChain: true, checkIP: '127.0.0.1', CAfile: CA() })],
  ['an expired certificate', () => certificate('expired'), () => ({ verifyChain: true, CAfile: CA() })],
  ['an expired certificate that is pinned', () => certificate('expired'), () => ({ verify: 4, CAfile: certificate('expired').certFile })],
  ['another certificate than the pinned one', () => certificate('server'), () => ({ verify: 4, CAfile: selfSigned().certFile })],
  ['another key than the pinned one', () => certificate('server'), () => ({ pin: `sha256:${selfSigned().pin}` })],
];

suite('client mode: the upstream has', { concurrency: 2 }, () => {
  for (const [what, stored, options] of refused) {
    test(what, async (t) => {
      const { certificate: cert, key } = stored();
      const heard: Buffer[] = [];
      const server = createServer({ cert, key }, (socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (bytes: Buffer) => heard.push(bytes));
        socket.write('a greeting nobody may see');
      });
      server.on('tlsClientError', () => undefined);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.after(() => {
        server.close();
      });
      const { port } = server.address() as AddressInfo;
      const sections = versions.map((version) => clientSection(version, { connect: port, sslVersion: version, ...options() }));
      const daemon = await startDaemon(t, { config: sections.join('') });
      for (const version of versions) {
        const from = daemon.lines.length;
        const client = await dial(t, await daemon.port(version));
        let greeting = 0;
        client.on('data', (bytes) => {
          greeting += bytes.length;
        });
        client.write('a secret');
        assert.equal(await ending(client), 'ECONNRESET', 'the plain side is reset');
        assert.equal(greeting, 0);
        await daemon.line(/SSL_connect: .*certificate verify failed/, { from });
        await daemon.line('0 byte(s) sent to TLS, 0 byte(s) sent to socket', { from });
      }
      await daemon.stop();
      assert.deepEqual(heard, []);
    });
  }
});

suite('server mode: the client has', { concurrency: 2 }, () => {
  const clients: [what: string, (() => Stored) | undefined, options: () => Options][] = [
    ['no certificate', undefined, () => ({ verify: 2, CAfile: CA() })],
    ['a certificate of an unknown authority', strangersCertificate, () => ({ verify: 2, CAfile: CA() })],
    ['a certificate for servers only', () => certificate('wrong-usage'), () => ({ verifyChain: true, CAfile: CA() })],
    ['an expired certificate', () => certificate('expired'), () => ({ verifyChain: true, CAfile: CA() })],
    ['another certificate than the pinned one', () => certificate('client'), () => ({ verify: 4, CAfile: selfSigned().certFile })],
  ];
  for (const [what, stored, options] of clients) {
    test(what, async (t) => {
      const backend = await listen(t, (socket) => socket.write('a greeting nobody may see'));
      const config = serverSection('unwrap', { connect: backend.port, ...options() });
      const daemon = await startDaemon(t, { config });
      const port = await daemon.port('unwrap');
      for (const version of versions) {
        const from = daemon.lines.length;
        assert.equal(await bytesHeardBy(t, port, version, stored?.()), 0);
        await daemon.line(/SSL_accept: /, { from });
        await daemon.line('0 byte(s) sent to TLS, 0 byte(s) sent to socket', { from });
      }
      assert.equal(backend.accepted.length, 0, 'the backend was not even connected');
      await daemon.stop();
    });
  }
});

/** Talks at once and returns how much application data came back before the connection ended. */
async function bytesHeardBy(t: TestContext, port: number, version: (typeof versions)[number], shown: Stored | undefined): Promise<number> {
  const own = shown === undefined ? {} : { cert: shown.certificate, key: shown.key };
  const range = { minVersion: version, maxVersion: version };
  const socket = connect({ port, host: '127.0.0.1', ca: authority().certificate, servername: 'localhost', ...own, ...range });
  t.after(() => {
    socket.destroy();
  });
  let heard = 0;
  socket.on('data', (bytes) => {
    heard += bytes.length;
  });
  socket.write('a secret');
  await ending(socket);
  return heard;
}
