/**
 * The `openssl` command as the other end: both modes, TLS 1.2 and 1.3, ECDSA and RSA certificates. Each side must have negotiated
 * what the row says, verified the other, and carried text both ways.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import type { TcpServer } from '../support/net/tcp.ts';
import { dial, listen, readExactly } from '../support/net/tcp.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { OpensslServer } from '../support/peers/openssl.ts';
import { startOpensslClient, startOpensslServer } from '../support/peers/openssl.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

const VERSIONS = [
  ['TLSv1.2', '-tls1_2'],
  ['TLSv1.3', '-tls1_3'],
] as const;
const KEYS = [
  ['ECDSA', 'server', 'ECDSA'],
  ['RSA', 'rsa', 'RSA'],
] as const;

suite('openssl', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let backend: TcpServer;
  const servers = new Map<string, OpensslServer>();

  before(async () => {
    backend = await listen(t);
    const sections: string[] = [];
    for (const [keyName, cast] of KEYS) {
      const { certFile, keyFile } = certificate(cast);
      sections.push(serverSection(`server-${keyName}`, { connect: backend.port, cert: certFile, key: keyFile }));
      for (const [version, flag] of VERSIONS) {
        const server = await startOpensslServer(certFile, keyFile, [flag]);
        t.after(() => server.program.stop('SIGKILL').then(() => undefined));
        servers.set(`${keyName}-${version}`, server);
        sections.push(clientSection(`client-${keyName}-${version}`, { connect: server.port, ...verified() }));
      }
    }
    daemon = await startDaemon(t, { config: sections.join('') });
  });

  for (const [keyName, , signature] of KEYS) {
    for (const [version, flag] of VERSIONS) {
      test(`client mode to s_server, ${version}, ${keyName}`, async (t) => {
        const server = servers.get(`${keyName}-${version}`);
        assert.ok(server !== undefined);
        const from = daemon.lines.length;
        const client = await dial(t, await daemon.port(`client-${keyName}-${version}`));
        client.write('to the server\n');
        await server.program.saw(/^to the server$/m);
        server.program.write('to the client\n');
        assert.equal((await readExactly(client, 14)).toString(), 'to the client\n');
        const suiteLine = await daemon.line(`${version} ciphersuite:`, { from });
        if (version === 'TLSv1.2') assert.ok(suiteLine.includes(signature), suiteLine);
        client.end();
        await daemon.line('Connection closed: 14 byte(s) sent to TLS, 14 byte(s) sent to socket', { from });
      });

      test(`s_client to server mode, ${version}, ${keyName}`, async () => {
        const port = await daemon.port(`server-${keyName}`);
        const from = daemon.lines.length;
        const verify = ['-CAfile', authority().certFile, '-verify_return_error', '-verify_hostname', 'localhost'];
        const client = startOpensslClient(`127.0.0.1:${port}`, [flag, ...verify]);
        const socket = await backend.next();
        await client.saw(/Verify return code: 0 \(ok\)/);
        await client.saw(version === 'TLSv1.2' ? new RegExp(`Cipher is ECDHE-${signature}`) : /New, TLSv1\.3, Cipher is TLS_/);
        client.write('to the server\n');
        assert.equal((await readExactly(socket, 14)).toString(), 'to the server\n');
        socket.end('to the client\n');
        await client.saw(/^to the client$/m);
        client.endInput();
        assert.equal((await client.finished).code, 0, client.output);
        await daemon.line('Connection closed: 14 byte(s) sent to TLS, 14 byte(s) sent to socket', { from });
      });
    }
  }

  test('nothing is left open', () => daemon.stop());
});
