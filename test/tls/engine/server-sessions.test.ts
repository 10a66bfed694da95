/**
 * Resumption as a server: tickets that are worth something only to the service that gave them (and to those with the same keys and
 * the same trust), sessions kept here for clients without tickets, and a client certificate judged again every time.
 */
// Tests: src/tls/engine/tls-server.ts
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import type { SessionConfig } from '../../../src/config/tls-config.ts';
import type { ServiceTls } from '../../../src/tls/service-tls.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { authority, certificate, strangersCertificate } from '../../support/data/certificates.ts';
import { collect } from '../../support/net/tcp.ts';
import { drain, judgeNextClient, listenAs } from '../../support/overcoat/handshake.ts';
import type { Changes } from '../../support/overcoat/service-config.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { startOpensslClient } from '../../support/peers/openssl.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';
import { tempFolder } from '../../support/temp.ts';

const { certFile: cert, keyFile: key } = certificate('server');
const client = certificate('client');
const NO_TICKET = Number(1n << 14n);

function prepare({ tls, ...changes }: Changes = {}): ServiceTls {
  return prepareServiceTls(serviceConfig({ mode: 'server', ...changes, tls: { cert, key, ...tls } }), () => undefined);
}

const sessions = (changes: Partial<SessionConfig>): Changes => ({ service: { sessions: { ...serviceConfig().sessions, ...changes } } });

interface Visit {
  readonly accepted: boolean;
  readonly resumed: boolean;
  readonly session: Buffer | undefined;
}

/** One client from handshake to end. @returns what the server thought of it, and the last session it gave */
async function visit(t: Ending, service: ServiceTls, port: number, options: ConnectionOptions): Promise<Visit> {
  const judged = judgeNextClient(service);
  const socket = connect({ host: '127.0.0.1', port, ca: authority().certificate, servername: 'localhost', ...options });
  let session: Buffer | undefined;
  socket.on('session', (given) => {
    session = given;
  });
  socket.on('error', () => undefined); // a refused one is sent an alert
  t.after(() => {
    socket.destroy();
  });
  const { verdict, facts, leg } = await judged;
  if (verdict.accepted) {
    leg.finish(Buffer.from('x'));
    await collect(socket);
    socket.end();
    drain(leg);
  } else if (!socket.destroyed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { accepted: verdict.accepted, resumed: facts.resumed, session };
}

const offering = (session: Buffer | undefined): ConnectionOptions => (session === undefined ? {} : { session });

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  const peer: ConnectionOptions = { maxVersion };

  test(`${maxVersion}: a client resumes with its ticket`, async (t) => {
    const service = prepare();
    const port = await listenAs(t, service);
    const first = await visit(t, service, port, peer);
    assert.equal(first.resumed, false);
    assert.equal((await visit(t, service, port, { ...peer, ...offering(first.session) })).resumed, true);
  });

  test(`${maxVersion}: a ticket is worthless elsewhere, and after any change of trust`, async (t) => {
    const keys = { ticketKeys: { secret: randomBytes(16), mac: randomBytes(16) } };
    const open = sessions(keys).service;
    const asking: Changes = { trust: { caFile: authority().certFile }, verify: { chain: true, request: true, require: false } };
    const issuer = prepare({ ...sessions(keys) });
    const { session } = await visit(t, issuer, await listenAs(t, issuer), peer);
    const others: readonly (readonly [why: string, Changes, resumes: boolean])[] = [
      ['the same configuration on another host', { ...sessions(keys) }, true],
      ['another service with the same keys', { service: { ...open, name: 'other' } }, false],
      ['other keys', sessions({ ticketKeys: { secret: randomBytes(16), mac: randomBytes(16) } }), false],
      ['keys of its own', {}, false],
      ['asks for a client certificate', { ...asking, ...sessions(keys) }, false],
      ['another certificate', { ...sessions(keys), tls: { cert: certificate('rsa').certFile, key: certificate('rsa').keyFile } }, false],
      ['resumes nothing', sessions({ ...keys, resume: false }), false],
    ];
    for (const [why, changes, resumes] of others) {
      const service = prepare(changes);
      const seen = await visit(t, service, await listenAs(t, service), { ...peer, ...offering(session) });
      assert.equal(seen.resumed, resumes, why);
    }
  });

  test(`${maxVersion}: a client certificate is judged on resumption too`, async (t) => {
    const verify = { chain: true, request: true, require: true };
    const trust = { caFile: authority().certFile };
    const service = prepare({ trust, verify });
    const port = await listenAs(t, service);
    const good = { ...peer, cert: client.certificate, key: client.key };
    const first = await visit(t, service, port, good);
    assert.deepEqual([first.accepted, first.resumed], [true, false]);
    const again = await visit(t, service, port, { ...good, ...offering(first.session) });
    assert.deepEqual([again.accepted, again.resumed], [true, true]);
    // whoever holds the ticket was accepted once; who never was gets none that helps
    const bad = { ...peer, cert: strangersCertificate().certificate, key: strangersCertificate().key };
    const refused = await visit(t, service, port, bad);
    const retried = await visit(t, service, port, { ...bad, ...offering(refused.session) });
    assert.deepEqual([refused.accepted, retried.accepted], [false, false]);
    const none = await visit(t, service, port, peer);
    const noneAgain = await visit(t, service, port, { ...peer, ...offering(none.session) });
    assert.deepEqual([none.accepted, noneAgain.accepted], [false, false]);
  });

  test(`${maxVersion}: sessionResume = no`, async (t) => {
    const service = prepare(sessions({ resume: false }));
    const port = await listenAs(t, service);
    const first = await visit(t, service, port, peer);
    assert.equal((await visit(t, service, port, { ...peer, ...offering(first.session) })).resumed, false);
  });
}

test('without tickets sessions are kept here, as many and as long as configured', async (t) => {
  const service = prepare({ tls: { secureOptions: NO_TICKET, maxVersion: 'TLSv1.2' }, ...sessions({ cacheSize: 2 }) });
  const port = await listenAs(t, service);
  const given = [];
  for (let count = 0; count < 3; count += 1) given.push((await visit(t, service, port, {})).session);
  const [oldest, , newest] = given;
  assert.equal((await visit(t, service, port, offering(newest))).resumed, true);
  assert.equal((await visit(t, service, port, offering(oldest))).resumed, false, 'two are kept');
  const other = prepare({ tls: { secureOptions: NO_TICKET, maxVersion: 'TLSv1.2' } });
  assert.equal((await visit(t, other, await listenAs(t, other), offering(newest))).resumed, false);
  const brief = prepare({ tls: { secureOptions: NO_TICKET, maxVersion: 'TLSv1.2' }, ...sessions({ lifetimeMs: 0 }) });
  const briefPort = await listenAs(t, brief);
  const { session } = await visit(t, brief, briefPort, {});
  assert.equal((await visit(t, brief, briefPort, offering(session))).resumed, false);
});

test('s_client of OpenSSL resumes, with and without tickets', { skip: requires({ packages: ['openssl'] }) }, async (t) => {
  const cases: readonly (readonly [string[], Changes])[] = [
    [['-tls1_3'], {}],
    [['-tls1_2'], {}],
    [['-tls1_2', '-no_ticket'], { tls: { maxVersion: 'TLSv1.2' } }],
  ];
  for (const [flags, changes] of cases) {
    const service = prepare(changes);
    const port = await listenAs(t, service);
    const file = join(tempFolder(t), 'session.pem');
    const run = async (extra: string[]): Promise<boolean> => {
      const judged = judgeNextClient(service);
      const client = startOpensslClient(`127.0.0.1:${port}`, [...flags, ...extra]);
      const { facts, leg } = await judged;
      leg.write(Buffer.from('hello\n'));
      await client.saw(/hello/);
      client.endInput();
      leg.finish();
      drain(leg);
      await client.finished;
      return facts.resumed;
    };
    assert.equal(await run(['-sess_out', file]), false, flags.join(' '));
    assert.ok(readFileSync(file).length > 0);
    assert.equal(await run(['-sess_in', file]), true, flags.join(' '));
  }
});
