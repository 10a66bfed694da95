/** ARI (RFC 9773): how a certificate is named, and a window asked of a small directory of the test's own, since pebble has none. */
// Tests: src/acme/renewal-info.ts, src/acme/wanted.ts, src/acme/ask-json.ts, src/acme/storage.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { Orders } from '../../src/acme/orders.ts';
import { readWindow, renewalId } from '../../src/acme/renewal-info.ts';
import type { CertificateWanted } from '../../src/acme/wanted.ts';
import { authority, certificate, selfSigned } from '../support/data/certificates.ts';
import { tempFolder } from '../support/temp.ts';

const HOUR = 3_600_000;

/** @param answers by path. @returns its origin */
async function directory(t: TestContext, answers: (origin: string) => Readonly<Record<string, unknown>>): Promise<string> {
  const { certificate: cert, key } = certificate('server');
  let origin = '';
  const server = createServer({ cert, key }, (request, response) => {
    const found = answers(origin)[request.url ?? ''];
    response
      .writeHead(found === undefined ? 404 : 200, { 'retry-after': '7200' })
      .end(typeof found === 'string' ? found : JSON.stringify(found));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return origin;
}

function wanted(t: TestContext, origin: string): CertificateWanted {
  const folder = tempFolder(t);
  return {
    names: ['localhost'],
    directory: `${origin}/dir`,
    email: undefined,
    binding: undefined,
    keyType: 'ec256',
    profile: undefined,
    authority: authority().certificate,
    challenge: 'http-01',
    accountFolder: folder,
    folder: join(folder, 'one'),
    current: certificate('server').certificate,
  };
}

suite('the window of a renewal', () => {
  test('is asked for by key identifier and serial number', async (t) => {
    const { x509 } = certificate('server');
    const id = renewalId(x509.raw) ?? '';
    const [key, serial] = id.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex').toUpperCase());
    assert.equal(key?.length, 40);
    assert.equal(serial?.replace(/^00/, ''), x509.serialNumber.replace(/^00/, ''));
    const suggestedWindow = { start: '2027-01-01T00:00:00Z', end: '2027-01-03T00:00:00Z' };
    const origin = await directory(t, (here) => ({ '/dir': { renewalInfo: `${here}/ari` }, [`/ari/${id}`]: { suggestedWindow } }));
    const before = Date.now();
    const window = await new Orders().window(wanted(t, origin));
    assert.equal(window?.start, Date.UTC(2027, 0, 1));
    assert.equal(window?.end, Date.UTC(2027, 0, 3));
    assert.ok((window?.askAgainAt ?? 0) >= before + 2 * HOUR);
  });

  test('is none where the directory has no such thing, answers nonsense, or is not the one it should be', async (t) => {
    const none = await directory(t, () => ({ '/dir': {} }));
    assert.equal(await new Orders().window(wanted(t, none)), undefined);
    const nonsense = await directory(t, () => ({ '/dir': '<html>' }));
    assert.equal(await new Orders().window(wanted(t, nonsense)), undefined);
    const stranger = { ...wanted(t, none), authority: authority('stranger').certificate };
    const step = await new Orders().begin(stranger);
    assert.equal(step.kind, 'failed');
    assert.match(step.kind === 'failed' ? step.text : '', /127\.0\.0\.1:\d+: .*certificate/);
  });

  test('is read with bounds', () => {
    const suggestedWindow = { start: '2027-01-01T00:00:00Z', end: '2027-01-01T00:00:00Z' };
    assert.equal(readWindow({ suggestedWindow }, '1', 0)?.askAgainAt, 60_000);
    assert.equal(readWindow({ suggestedWindow }, '999999999', 0)?.askAgainAt, 24 * HOUR);
    assert.equal(readWindow({ suggestedWindow }, 'soon', 0)?.askAgainAt, 6 * HOUR);
    for (const answer of [null, 1, {}, { suggestedWindow: null }, { suggestedWindow: { start: 'x', end: 'y' } }])
      assert.equal(readWindow(answer, undefined, 0), undefined);
    assert.equal(readWindow({ suggestedWindow: { start: '2027-01-02T00:00:00Z', end: '2027-01-01T00:00:00Z' } }, undefined, 0), undefined);
  });

  test('has no name for a certificate without an authority key', () => {
    assert.equal(renewalId(Buffer.from('nonsense')), undefined);
    assert.ok(selfSigned().x509.raw.length > 0);
  });
});
