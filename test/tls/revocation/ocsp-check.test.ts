/**
 * OCSP against the openssl command's responder and against misbehaving ones: good, revoked, unknown, wrong signer, stale, silent, a
 * replayed nonce; asked by URL, by what the certificate names, and stapled.
 */
// Tests: src/tls/revocation/ocsp-request.ts, src/tls/revocation/ocsp-responder.ts, src/tls/revocation/ocsp-response.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { RevocationConfig } from '../../../src/config/tls-config.ts';
import { extension } from '../../../src/demo/throwaway-authority.ts';
import { readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import { encodeOcspRequest } from '../../../src/tls/revocation/ocsp-request.ts';
import type { ServiceTls } from '../../../src/tls/service-tls.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import type { Stored } from '../../support/data/certificates.ts';
import { authority, certificate, store } from '../../support/data/certificates.ts';
import { closedPort } from '../../support/net/tcp.ts';
import { listenTls } from '../../support/net/tls.ts';
import type { Judged } from '../../support/overcoat/handshake.ts';
import { collectLeg, judgeClient, judgeServerAt } from '../../support/overcoat/handshake.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import type { ResponderOptions } from '../../support/peers/ocsp.ts';
import { craftResponse, listenAsResponder, responseOf, startResponder } from '../../support/peers/ocsp.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';

const root = authority();
const leaf = certificate('server');
const good: ResponderOptions = { authority: root, good: [leaf] };
const revoked: ResponderOptions = { authority: root, revoked: [leaf] };
const appointed = store('ocsp-appointed', root.issue({ subject: 'CN=responder', usages: ['ocspSigning'] }));
const skip = requires({ packages: ['openssl'] });

type Ocsp = RevocationConfig['ocsp'];

/** A client service that verifies the chain and asks as `ocsp` says. */
function client(ocsp: Partial<Ocsp>, profile: 'openssl' | 'strict' = 'openssl'): ServiceTls {
  const { revocation } = serviceConfig();
  const service = { revocation: { ...revocation, ocsp: { ...revocation.ocsp, ...ocsp } } };
  return prepareServiceTls(serviceConfig({ trust: { caFile: root.certFile }, verify: { chain: true, profile }, service }), () => undefined);
}

async function dialled(t: Ending, service: ServiceTls, shown: Stored = leaf): Promise<Judged> {
  const { port } = await listenTls(t, { cert: shown.certificate, key: shown.key });
  return judgeServerAt(t, service, port, 'localhost');
}

const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

/** The lines about OCSP and what follows them. */
function tail({ lines }: Judged): readonly string[] {
  return lines.slice(lines.findIndex((line) => line.includes('OCSP')));
}

const SUBJECT = 'depth=0: CN=localhost';
const UNSTAPLED = '6 OCSP: No OCSP stapling response received';
/** What one responder says, then what the whole check comes to. */
const ACCEPTED = [
  '6 OCSP: Status: good',
  '5 OCSP: Certificate accepted',
  '5 OCSP: Accepted (good)',
  `5 Certificate accepted at ${SUBJECT}`,
];
const REVOKED = [
  '6 OCSP: Status: revoked',
  '3 OCSP: Certificate revoked',
  '3 OCSP: Rejected (revoked)',
  `4 Rejected by OCSP at ${SUBJECT}`,
];

test('good, by URL: the issuer itself or whom it appointed signs', { skip }, async (t) => {
  for (const signer of [root, appointed]) {
    const url = await startResponder(t, { ...good, signer });
    const judged = await dialled(t, client({ url }));
    assert.deepEqual(tail(judged), [UNSTAPLED, `5 OCSP: Connecting the configured responder "${url}"`, ...ACCEPTED]);
  }
});

test('good, by the responder the certificate names, nonce included', { skip }, async (t) => {
  const port = await closedPort();
  const named = store('ocsp-named', root.issue({ dnsNames: ['localhost'], ocspUrl: `http://127.0.0.1:${port}/` }));
  const url = await startResponder(t, { authority: root, good: [named] }, port);
  const judged = await dialled(t, client({ aia: true, nonce: true }), named);
  assert.deepEqual(tail(judged), [UNSTAPLED, `5 OCSP: Connecting the AIA responder "${url}"`, ...ACCEPTED]);
  const silent = await dialled(t, client({ aia: false }), named);
  assert.equal(silent.verdict.accepted, true);
  assert.deepEqual(tail(silent), [UNSTAPLED, `5 Certificate accepted at ${SUBJECT}`], 'nobody was asked');
  const unnamed = await dialled(t, client({ aia: true }));
  assert.deepEqual(tail(unnamed), [UNSTAPLED, '6 OCSP: No AIA responder URL', `5 Certificate accepted at ${SUBJECT}`]);
});

test('revoked is refused, also where OCSPrequire is no', { skip }, async (t) => {
  const url = await startResponder(t, revoked);
  for (const require of [true, false]) {
    const judged = await dialled(t, client({ url, require }));
    assert.equal(judged.verdict.accepted, false);
    assert.equal(!judged.verdict.accepted && judged.verdict.message, 'error:0A000086:SSL routines::certificate verify failed');
    assert.deepEqual(tail(judged).slice(2), REVOKED);
  }
});

test('a check that stays without a verdict refuses, or not: OCSPrequire', { skip }, async (t) => {
  const elsewhere = authority('stranger');
  const plainLeaf = store('ocsp-plain', root.issue({ subject: 'CN=responder' }));
  const expired = store(
    'ocsp-expired',
    root.issue({ subject: 'CN=responder', usages: ['ocspSigning'], notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }),
  );
  const hang = await listenAsResponder(t, () => undefined);
  const crafted = async (dates: Parameters<typeof craftResponse>[2]) =>
    (await listenAsResponder(t, () => craftResponse(leaf, root, dates))).url;
  const fresh = client({ url: await crafted({ thisUpdate: inMinutes(-1), nextUpdate: inMinutes(30) }) });
  assert.equal((await dialled(t, fresh)).verdict.accepted, true, 'what is crafted here is otherwise good');
  const cases: readonly (readonly [why: string, url: string, line: RegExp])[] = [
    ['unknown', await startResponder(t, { authority: root }), /^6 OCSP: Status: unknown\n4 OCSP: Unknown verification status$/],
    ['signed by another authority', await startResponder(t, { ...good, signer: elsewhere }), /the responder may not speak for the issuer/],
    ['signed by a certificate without the purpose', await startResponder(t, { ...good, signer: plainLeaf }), /may not speak/],
    ['signed by an expired responder', await startResponder(t, { ...good, signer: expired }), /may not speak/],
    ['about another authority', await startResponder(t, { ...good, authority: elsewhere }), /^(6|3) OCSP: /],
    ['stale', await crafted({ thisUpdate: inMinutes(-90), nextUpdate: inMinutes(-30) }), /the answer is out of date/],
    ['old and without an end', await crafted({ thisUpdate: inMinutes(-90) }), /the answer is out of date/],
    ['from the future', await crafted({ thisUpdate: inMinutes(30), nextUpdate: inMinutes(90) }), /the answer is from the future/],
    ['silent', hang.url, /TIMEOUTocsp exceeded/],
    ['nobody there', `http://127.0.0.1:${await closedPort()}/`, /Connection refused/],
    ['no answer but a page', (await listenAsResponder(t, () => Buffer.from('<html>'))).url, /malformed response/],
    ['HTTP error', (await listenAsResponder(t, () => 500)).url, /HTTP status 500/],
    ['too long', (await listenAsResponder(t, () => Buffer.alloc(70_000))).url, /the response is too long/],
  ];
  for (const [why, url, line] of cases) {
    await t.test(why, async (t) => {
      const timeoutMs = why === 'silent' ? 300 : 20_000;
      const strict = await dialled(t, client({ url, timeoutMs }));
      assert.equal(strict.verdict.accepted, false);
      assert.match(tail(strict).slice(2, -2).join('\n'), line);
      assert.deepEqual(tail(strict).slice(-2), ['3 OCSP: Rejected (OCSPrequire = yes)', `4 Rejected by OCSP at ${SUBJECT}`]);
      const lax = await dialled(t, client({ url, timeoutMs, require: false }));
      assert.equal(lax.verdict.accepted, true);
      assert.equal(tail(lax).at(-2), '5 OCSP: Accepted (OCSPrequire = no)');
    });
  }
});

test('a replayed answer does not pass where a nonce is asked for', { skip }, async (t) => {
  let first: Buffer | undefined;
  const replay = await listenAsResponder(t, async (request) => {
    first ??= await responseOf(t, request, good);
    return first;
  });
  const service = client({ url: replay.url, nonce: true });
  assert.equal((await dialled(t, service)).verdict.accepted, true);
  const again = await dialled(t, service);
  assert.equal(again.verdict.accepted, false);
  assert.match(tail(again)[2] ?? '', /^3 OCSP: No valid answer: invalid or unsupported nonce/);
});

test('an answer for another certificate, or forged, is none', { skip }, async (t) => {
  const other = await listenAsResponder(t, () =>
    responseOf(t, requestFor(certificate('rsa')), { authority: root, good: [certificate('rsa')] }),
  );
  const judged = await dialled(t, client({ url: other.url }));
  assert.equal(judged.verdict.accepted, false);
  assert.match(tail(judged)[2] ?? '', /nothing about the certificate/);
  const genuine = await responseOf(t, requestFor(leaf), { ...good, extra: ['-resp_no_certs'] });
  const untouched = await listenAsResponder(t, () => genuine);
  assert.equal((await dialled(t, client({ url: untouched.url }))).verdict.accepted, true);
  for (const at of [genuine.length - 3, Math.floor(genuine.length / 2), 60]) {
    const forged = Buffer.from(genuine);
    forged[at] = (forged[at] ?? 0) ^ 0x01;
    const responder = await listenAsResponder(t, () => forged);
    assert.equal((await dialled(t, client({ url: responder.url }))).verdict.accepted, false, `byte ${at}`);
  }
});

test('the second responder is asked when the first has nothing to say', { skip }, async (t) => {
  const port = await closedPort();
  const named = store('ocsp-second', root.issue({ dnsNames: ['localhost'], ocspUrl: `http://127.0.0.1:${port}/` }));
  await startResponder(t, { authority: root, good: [named] }, port);
  const judged = await dialled(t, client({ url: `http://127.0.0.1:${await closedPort()}/`, aia: true }), named);
  assert.equal(judged.verdict.accepted, true, judged.lines.join('\n'));
});

test('answers are kept for their time, and two connections at once ask once', { skip }, async (t) => {
  const responder = await listenAsResponder(t, (request) => responseOf(t, request, { ...good, extra: ['-nmin', '60'] }));
  const service = client({ url: responder.url });
  const both = await Promise.all([dialled(t, service), dialled(t, service)]);
  assert.deepEqual(
    both.map(({ verdict }) => verdict.accepted),
    [true, true],
  );
  assert.equal((await dialled(t, service)).verdict.accepted, true);
  assert.equal(responder.asked(), 1);
});

test('OCSPflag', { skip }, async (t) => {
  const byIssuer = await startResponder(t, good);
  const byAppointed = await startResponder(t, { ...good, signer: appointed });
  const stranger = authority('stranger');
  const byStranger = await startResponder(t, { ...good, signer: stranger });
  const cases: readonly (readonly [Ocsp['flags'], string, boolean])[] = [
    [['NOCASIGN'], byIssuer, false],
    [['NOCASIGN'], byAppointed, true],
    [['NODELEGATED'], byAppointed, false],
    [['NODELEGATED'], byIssuer, true],
    [['NOINTERN'], byAppointed, false],
    [['NOVERIFY'], byStranger, true],
    [['NOEXPLICIT', 'NOCHAIN', 'NOTIME', 'RESPID_KEY'], byIssuer, true],
  ];
  for (const [flags, url, accepts] of cases) {
    assert.equal((await dialled(t, client({ url, flags }))).verdict.accepted, accepts, flags.join(' '));
  }
});

function requestFor(shown: Stored): Buffer {
  const [asked, issuer] = [readCertificate(shown.x509.raw), readCertificate(root.x509.raw)];
  assert.ok(asked !== undefined && issuer !== undefined);
  return encodeOcspRequest({ certificate: asked, issuer, nonce: undefined });
}

test('a stapled answer settles it without asking anybody', { skip }, async (t) => {
  const dialStapled = async (service: ServiceTls, staple: Buffer): Promise<Judged> => {
    const server = createTlsServer({ cert: leaf.certificate, key: leaf.key });
    server.on('OCSPRequest', (_certificate, _issuer, done) => done(null, staple));
    const listener = createServer((socket) => server.emit('connection', socket)).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    t.after(() => {
      listener.close();
    });
    return judgeServerAt(t, service, (listener.address() as { port: number }).port, 'localhost');
  };
  const nobody = `http://127.0.0.1:${await closedPort()}/`;
  const goodStaple = await responseOf(t, requestFor(leaf), { ...good, extra: ['-nmin', '60'] });
  const settled = await dialStapled(client({ url: nobody }), goodStaple);
  assert.deepEqual(tail(settled), ['6 OCSP: OCSP stapling response received', ...ACCEPTED]);
  const revokedStaple = await responseOf(t, requestFor(leaf), revoked);
  for (const ocsp of [{}, { url: nobody, require: false }]) {
    const refused = await dialStapled(client(ocsp), revokedStaple);
    assert.equal(refused.verdict.accepted, false, 'also where nobody is to be asked');
    assert.deepEqual(tail(refused), ['6 OCSP: OCSP stapling response received', ...REVOKED]);
  }
  const staleStaple = craftResponse(leaf, root, { thisUpdate: inMinutes(-90), nextUpdate: inMinutes(-30) });
  assert.equal((await dialStapled(client({ url: nobody }), staleStaple)).verdict.accepted, false);
  assert.equal((await dialStapled(client({}), staleStaple)).verdict.accepted, true, 'nothing was asked, nothing is known');
  assert.equal((await dialStapled(client({ url: nobody, nonce: true }), goodStaple)).verdict.accepted, false, 'it has no nonce');
});

test('server mode asks about client certificates', { skip }, async (t) => {
  const shown = certificate('client');
  const { revocation } = serviceConfig();
  const serve = (url: string) =>
    prepareServiceTls(
      serviceConfig({
        mode: 'server',
        tls: { cert: leaf.certFile, key: leaf.keyFile },
        trust: { caFile: root.certFile },
        verify: { chain: true, request: true, require: true },
        service: { revocation: { ...revocation, ocsp: { ...revocation.ocsp, url } } },
      }),
      () => undefined,
    );
  const peer = { cert: shown.certificate, key: shown.key };
  const fine = await judgeClient(t, serve(await startResponder(t, { authority: root, good: [shown] })), peer);
  assert.equal(fine.verdict.accepted, true, fine.lines.join('\n'));
  const gone = await judgeClient(t, serve(await startResponder(t, { authority: root, revoked: [shown] })), peer);
  assert.equal(gone.verdict.accepted, false);
  assert.equal(gone.lines.at(-1), '4 Rejected by OCSP at depth=0: CN=client');
});

test('a resumed session is asked about again', { skip }, async (t) => {
  let options = good;
  const responder = await listenAsResponder(t, (request) => responseOf(t, request, options));
  const service = client({ url: responder.url, nonce: true });
  const { port } = await listenTls(t, {}, (socket) => socket.end('x'));
  const visit = async () => {
    const { verdict, facts, leg } = await judgeServerAt(t, service, port, 'localhost');
    if (verdict.accepted) await collectLeg(leg);
    return [verdict.accepted, facts.resumed];
  };
  assert.deepEqual(await visit(), [true, false]);
  assert.deepEqual(await visit(), [true, true]);
  options = revoked;
  assert.deepEqual(await visit(), [false, true]);
});

test('a server whose certificate promises a staple and that sends none is refused by the strict profile', { skip }, async (t) => {
  const feature = extension('1.3.6.1.5.5.7.1.24', false, Buffer.from('3003020105', 'hex'));
  const promising = store('promising', root.issue({ dnsNames: ['localhost'], subject: 'CN=localhost', extensions: [feature] }));
  const refused = await dialled(t, client({}, 'strict'), promising);
  assert.equal(refused.verdict.accepted, false);
  assert.ok(tail(refused).includes('3 OCSP: Rejected (OCSPrequire = yes)'), tail(refused).join('\n'));
  assert.equal((await dialled(t, client({}), promising)).verdict.accepted, true, 'as OpenSSL has it');
  assert.equal((await dialled(t, client({}, 'strict'))).verdict.accepted, true, 'one that promises nothing');
  const url = await startResponder(t, { authority: root, good: [promising] });
  assert.equal(
    (await dialled(t, client({ url }, 'strict'), promising)).verdict.accepted,
    true,
    'its responder says more than a staple would',
  );
});
