/**
 * Debian's stunnel as the other end, in both roles, each side verifying the other: text, eight mebibytes each way at once, the end
 * of one direction, and a certificate that is not the expected one. (A reset is no matter here: stunnel itself turns the one of an idle connection
 * into an orderly end.)
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, strangersCertificate } from '../support/data/certificates.ts';
import type { TcpServer } from '../support/net/tcp.ts';
import { closedPort, collect, dial, ending, listen, receiveHash, sendPattern, startDial } from '../support/net/tcp.ts';
import { clientSection, identity, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const LARGE = 8 * 2 ** 20;

suite('stunnel', { skip: requires({ packages: ['stunnel4'] }) }, () => {
  const t = suiteEnd();
  let backend: TcpServer;
  let overcoat: Daemon;
  /** stunnel as the client of our server mode, on this port. */
  let stunnelClientPort: number;
  let stunnel: Program;

  before(async () => {
    backend = await listen(t);
    const server = certificate('server');
    const client = certificate('client');
    const mutual = { verifyChain: true, requireCert: true, CAfile: authority().certFile };
    const toServer = { ...mutual, checkHost: 'localhost' };
    const stunnelServerPort = await closedPort();
    stunnelClientPort = await closedPort();
    const ours = (name: string, own: Stored): string => clientSection(name, { connect: stunnelServerPort, ...toServer, ...identity(own) });
    const unwrap = serverSection('unwrap', { connect: backend.port, ...mutual });
    overcoat = await startDaemon(t, { config: ours('wrap', client) + ours('stranger', strangersCertificate()) + unwrap });
    const theirs =
      serverSection('in', { accept: stunnelServerPort, connect: backend.port, ...mutual, cert: server.bothFile }) +
      clientSection('out', { accept: stunnelClientPort, connect: await overcoat.port('unwrap'), ...toServer, cert: client.bothFile });
    stunnel = await startStunnel(theirs, { directory: tempFolder(t) });
    t.after(() => stunnel.stop('SIGKILL').then(() => undefined));
  });

  for (const role of ['client', 'server'] as const) {
    const port = async (): Promise<number> => (role === 'client' ? overcoat.port('wrap') : stunnelClientPort);

    test(`our ${role} mode: each half ends by itself`, async (t) => {
      const client = await dial(t, await port());
      const server = await backend.next();
      client.end('a question');
      assert.equal((await collect(server)).toString(), 'a question');
      server.end('an answer');
      assert.equal((await collect(client)).toString(), 'an answer');
    });

    test(`our ${role} mode: eight mebibytes each way at once`, async (t) => {
      const client = await dial(t, await port());
      const server = await backend.next();
      const [up, down] = [sendPattern(client, LARGE, 1), sendPattern(server, LARGE, 2)];
      const received = Promise.all([receiveHash(server), receiveHash(client)]);
      const [upHash, downHash] = await Promise.all([up, down]);
      client.end();
      server.end();
      assert.deepEqual(await received, [
        { bytes: LARGE, sha256: upHash },
        { bytes: LARGE, sha256: downHash },
      ]);
    });
  }

  test('our client certificate from a stranger is refused by stunnel: the client is reset', async (t) => {
    const accepted = backend.accepted.length;
    const client = startDial(t, await overcoat.port('stranger'));
    client.write('never to arrive');
    assert.equal(await ending(client), 'ECONNRESET');
    await stunnel.saw(/certificate verify failed|SSL_accept/);
    assert.equal(backend.accepted.length, accepted);
  });

  test('nothing is left open', () => overcoat.stop());
});
