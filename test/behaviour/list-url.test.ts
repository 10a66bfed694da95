/**
 * `CRLurl`: a revocation list that ends soon is fetched again by the service process, looked at, written and taken; whoever it names is
 * refused from then on. What is not signed by a trusted authority is not taken.
 */
// Tests: src/daemon/renewal/list-fetcher.ts, src/tls/revocation/crl-fetch.ts, src/tls/revocation/http-exchange.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { fetchRevocationList } from '../../src/tls/revocation/crl-fetch.ts';
import { authority, certificate } from '../support/data/certificates.ts';
import { echoServer, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { tempFolder } from '../support/temp.ts';

const root = authority();
const HOUR = 3_600_000;
const soon = (): Date => new Date(Date.now() + 2 * HOUR);

async function publish(t: TestContext, body: () => string | Buffer, status = 200): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/ca.crl`;
}

function derOf(pem: string): Buffer {
  const lines = pem.split('\n').filter((line) => !line.startsWith('-'));
  return Buffer.from(lines.join(''), 'base64');
}

suite('a revocation list with a URL', { concurrency: true }, () => {
  for (const [workers, confine] of [
    [1, 'no'],
    [2, 'no'],
    [1, 'yes'],
  ] as const) {
    test(`is fetched before it ends, and whom it names is refused (${workers} worker(s), confine = ${confine})`, async (t) => {
      const shown = certificate('client');
      const url = await publish(t, () => root.revoke([shown], { nextUpdate: new Date(Date.now() + 72 * HOUR) }));
      const file = join(tempFolder(t), 'ca.crl');
      writeFileSync(file, root.revoke([], { nextUpdate: soon() }));
      const backend = await echoServer(t);
      const options = {
        connect: backend.port,
        CAfile: root.certFile,
        verifyChain: true,
        CRLfile: file,
        CRLurl: url,
        reloadCerts: 'watch',
      };
      const daemon = await startDaemon(t, { config: optionLines({ workers, confine }) + serverSection('svc', options) });
      assert.match(
        await daemon.line('revocation list fetched'),
        /LOG5\[main\]: Service \[svc\]: revocation list fetched from http:.*, until \d{4}/,
      );
      await daemon.line('Renewed from ');
      const client = { rejectUnauthorized: false, cert: shown.certificate, key: shown.key };
      const refused = await dialTls(t, await daemon.port('svc'), client);
      assert.match(await daemon.line('Connection failed'), /revoked/);
      refused.destroy();
      daemon.takeBaseline();
      await daemon.stop();
    });
  }

  test('stays as it is where what comes is not of a trusted authority', async (t) => {
    const url = await publish(t, () => authority('stranger').revoke([]));
    const file = join(tempFolder(t), 'ca.crl');
    const before = root.revoke([], { nextUpdate: soon() });
    writeFileSync(file, before);
    const backend = await echoServer(t);
    const options = { connect: backend.port, CAfile: root.certFile, verifyChain: true, CRLfile: file, CRLurl: url, reloadCerts: 'watch' };
    const daemon = await startDaemon(t, { config: serverSection('svc', options) });
    assert.match(await daemon.line('not fetched'), /LOG3\[main\]: Service \[svc\]: .*: the list is not signed by a trusted authority$/);
    assert.equal(readFileSync(file, 'latin1'), before);
    const socket = await dialTls(t, await daemon.port('svc'), {
      rejectUnauthorized: false,
      cert: certificate('client').certificate,
      key: certificate('client').key,
    });
    socket.write('in');
    assert.equal((await readExactly(socket, 2)).toString(), 'in');
    socket.destroy();
    await daemon.stop();
  });

  test('says what is wrong with an answer, and takes DER as well as PEM', async (t) => {
    const fetchOf = async (body: string | Buffer, status?: number) =>
      fetchRevocationList({ url: await publish(t, () => body, status), authorities: [root.certificate], weakAllowed: false });
    const pem = root.revoke([]);
    const der = derOf(pem);
    const [fromPem, fromDer] = [await fetchOf(pem), await fetchOf(der)];
    assert.deepEqual(fromPem, fromDer);
    assert.ok(typeof fromDer !== 'string' && fromDer.pem.startsWith('-----BEGIN X509 CRL-----\n'));
    assert.equal(await fetchOf('no', 404), 'HTTP status 404');
    assert.match(String(await fetchOf('<html>')), /no revocation list/);
    assert.match(String(await fetchOf(der.subarray(0, 40))), /no revocation list/);
    assert.match(String(await fetchOf(root.revoke([], { nextUpdate: new Date(Date.now() - HOUR) }))), /has ended itself/);
    const damaged = derOf(root.revoke([certificate('client')]));
    const serial = damaged.indexOf(Buffer.from(certificate('client').x509.serialNumber, 'hex'));
    const tag = damaged[serial - 1] === 0 ? serial - 3 : serial - 2; // INTEGER, length, perhaps a zero
    assert.equal(damaged[tag], 0x02);
    damaged[tag] = 0x03;
    assert.match(String(await fetchOf(damaged)), /not signed/, 'nobody looks at the entries before');
    assert.match(String(await fetchOf(root.revoke([], { thisUpdate: soon() }))), /time to come/);
  });
});
