/** Stapling as a server: fetched in the background, kept, renewed, and seen by OpenSSL's s_client. */
// Tests: src/openssl/context/answers.ts, src/openssl/material/certificate.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extension } from '../../../src/demo/throwaway-authority.ts';
import type { Staple } from '../../../src/tls/engine/ocsp-stapling.ts';
import { OwnStaple } from '../../../src/tls/engine/ocsp-stapling.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { authority, certificate, store } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { listenAs } from '../../support/overcoat/handshake.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { listenAsResponder, responseOf } from '../../support/peers/ocsp.ts';
import { startOpensslClient } from '../../support/peers/openssl.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';

const skip = requires({ packages: ['openssl'] });
const root = authority();

/** The certificate names this responder and holds its issuer, so that the server can ask. */
async function serving(t: Ending, answer: (request: Buffer) => Promise<Buffer> | number, extensions: readonly Buffer[] = []) {
  const responder = await listenAsResponder(t, answer);
  const named = store('stapling', root.issue({ dnsNames: ['localhost'], ocspUrl: responder.url, extensions }), root.certificate);
  const config = serviceConfig({ mode: 'server', tls: { cert: named.certFile, key: named.keyFile } });
  const service = prepareServiceTls(config, () => undefined);
  const port = await listenAs(t, service, ({ leg }) => leg.finish()); // every client is let go after its handshake
  return { responder, named, port, service };
}

/** What s_client says about the staple. */
async function stapleSeen(port: number): Promise<string> {
  const client = startOpensslClient(`127.0.0.1:${port}`, ['-status', '-CAfile', root.certFile], {});
  await client.finished;
  const { output } = client;
  return /OCSP response: (no response sent)|OCSP Response Status: (\w+)/.exec(output)?.slice(1).find(Boolean) ?? output;
}

test('the answer is there from the second client on, fetched once', { skip }, async (t) => {
  const served = await serving(t, (request) => responseOf(t, request, { authority: root, good: [served.named], extra: ['-nmin', '60'] }));
  assert.equal(await stapleSeen(served.port), 'no response sent');
  await eventually('the answer is stapled', async () => (await stapleSeen(served.port)) === 'successful');
  assert.equal(await stapleSeen(served.port), 'successful');
  assert.equal(served.responder.asked(), 1);
});

test('whoever serves fetches it ahead; a certificate that promises one waits for it', { skip }, async (t) => {
  const promise = extension('1.3.6.1.5.5.7.1.24', false, Buffer.from('3003020105', 'hex'));
  const answer = (request: Buffer) => responseOf(t, request, { authority: root, good: [served.named], extra: ['-nmin', '60'] });
  const served = await serving(t, answer, [promise]);
  const end = await served.service.endpoint.serve(assert.fail);
  assert.equal(served.responder.asked(), 1, 'before any client');
  assert.equal(await stapleSeen(served.port), 'successful', 'also for the first');
  end();
});

test('a responder that does not work holds nobody up', { skip }, async (t) => {
  const promise = extension('1.3.6.1.5.5.7.1.24', false, Buffer.from('3003020105', 'hex'));
  const served = await serving(t, () => 500, [promise]);
  const told: string[] = [];
  (await served.service.endpoint.serve((text) => told.push(text)))();
  assert.equal(served.responder.asked(), 1);
  assert.deepEqual(told, [`${served.responder.url}: HTTP status 500`]);
});

test('an answer is renewed at half of its time, without a client', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  let asked = 0;
  const fetched = async (): Promise<Staple> => {
    asked += 1;
    const now = Date.now();
    return { response: Buffer.from([asked]), validUntil: now + 600_000, refreshAt: now + 300_000 };
  };
  const leaf = certificate('server').x509;
  const staple = new OwnStaple(leaf, root.x509, 1000, fetched);
  const end = await staple.keepFresh(assert.fail);
  for (let turn = 1; turn <= 3; turn += 1) {
    await Promise.resolve().then(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(asked, turn);
    assert.deepEqual(staple.current(), Buffer.from([turn]));
    t.mock.timers.tick(300_000);
  }
  await new Promise((resolve) => setImmediate(resolve));
  end();
  const last = asked;
  t.mock.timers.tick(3_000_000);
  assert.equal(asked, last, 'nobody serves with it any more');
});

test('without an answer handshakes go on, and the responder is left in peace for a while', { skip }, async (t) => {
  const served = await serving(t, () => 500);
  assert.equal(await stapleSeen(served.port), 'no response sent');
  await eventually('the responder was asked', () => served.responder.asked() === 1);
  for (let count = 0; count < 3; count += 1) assert.equal(await stapleSeen(served.port), 'no response sent');
  assert.equal(served.responder.asked(), 1);
});

test('an answer that does not pass our own checks is not stapled', { skip }, async (t) => {
  const stranger = authority('stranger');
  const served = await serving(t, (request) => responseOf(t, request, { authority: root, signer: stranger, good: [served.named] }));
  assert.equal(await stapleSeen(served.port), 'no response sent');
  await eventually('the responder was asked', () => served.responder.asked() === 1);
  assert.equal(await stapleSeen(served.port), 'no response sent');
});

test('a certificate that names no responder asks nobody', () => {
  const { certFile: cert, keyFile: key } = certificate('server');
  const tls = prepareServiceTls(serviceConfig({ mode: 'server', tls: { cert, key } }), () => undefined);
  assert.deepEqual(tls.stapleResponders, []);
});
