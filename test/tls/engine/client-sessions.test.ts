/**
 * Resumption as a client, and trap T1: OpenSSL accepts a resumed session although every check would refuse the peer today. Here each
 * change of trust is tried three ways (afresh, after a reload, with the old session forced in), over TLS 1.2 and 1.3.
 */
// Tests: src/tls/engine/tls-client.ts, src/openssl/sessions/session.ts
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Session } from '../../../src/openssl/sessions/session.ts';
import type { Leg } from '../../../src/sockets/leg.ts';
import type { KnownPeer } from '../../../src/tls/engine/session-store.ts';
import { TlsClient } from '../../../src/tls/engine/tls-client.ts';
import type { ServiceTls } from '../../../src/tls/service-tls.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { authority, bundle, certificate, strangersCertificate } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { listenTls } from '../../support/net/tls.ts';
import { collectLeg, destinationOf, drain, judgeServerAt } from '../../support/overcoat/handshake.ts';
import type { Changes } from '../../support/overcoat/service-config.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { startOpensslServer } from '../../support/peers/openssl.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

const prepare = (changes: Changes): ServiceTls => prepareServiceTls(serviceConfig(changes), () => undefined);
const sha256 = (digest: string) => ({ kind: 'sha256', digest }) as const;

const BASE: Changes = { trust: { caFile: authority().certFile }, verify: { chain: true, serverName: true } };

/** A server that says one byte, so that tickets of TLS 1.3 have arrived when it was read. */
async function server(t: Ending, maxVersion: Version): Promise<number> {
  const { port } = await listenTls(t, { maxVersion, requestCert: true, rejectUnauthorized: false }, (socket) => socket.end('x'));
  return port;
}

const folder = tempFolder({ after });

/** CRLfile of the authority. */
function revoking(revoked: Parameters<ReturnType<typeof authority>['revoke']>[0]) {
  const name = `list-${revoked.length}.pem`;
  const files = writeFiles(folder, { [name]: authority().revoke(revoked) });
  return { ...serviceConfig().revocation, crlFile: files[name] };
}

/** What a client may resume. */
function sessionsOf({ endpoint }: ServiceTls): TlsClient['sessions'] {
  assert.ok(endpoint instanceof TlsClient);
  return endpoint.sessions;
}

/** What a store would know of a peer that it had accepted. */
const STRANGER: KnownPeer = { certificate: undefined, chainError: 'UNSPECIFIED', psk: false, staple: undefined, since: 0 };

/** Offers a session from elsewhere behind the store's back. */
function force(service: ServiceTls, session: Session): void {
  const sessions = sessionsOf(service);
  const begin = sessions.begin.bind(sessions);
  sessions.begin = (destination, name) => {
    const use = begin(destination, name);
    use.offered?.session.free();
    const { received } = use;
    const offered = { session: session.share(), peer: STRANGER };
    return { offered, received, judged: (accepted, peer) => use.judged(accepted, peer), failed: () => use.failed() };
  };
}

/** One connection to its end. @returns whether it was accepted, and resumed */
async function connection(t: Ending, service: ServiceTls, port: number, name = 'localhost', forced?: Session) {
  if (forced !== undefined) force(service, forced);
  const { verdict, facts, leg } = await judgeServerAt(t, service, port, name);
  if (verdict.accepted) await collectLeg(leg);
  leg.end('close');
  return { accepted: verdict.accepted, resumed: facts.resumed, how: verdict.accepted ? verdict.how : verdict.message };
}

/** A session that `service` has earned. */
async function earn(t: Ending, service: ServiceTls, port: number): Promise<Session> {
  await connection(t, service, port);
  const { offered } = sessionsOf(service).begin(destinationOf(port), 'localhost');
  assert.ok(offered !== undefined, 'the server gave a session');
  return offered.session;
}

for (const version of VERSIONS) {
  test(`${version}: the second connection resumes and is verified as the first was`, async (t) => {
    const service = prepare(BASE);
    const port = await server(t, version);
    const first = await connection(t, service, port);
    assert.deepEqual(first, { accepted: true, resumed: false, how: 'chain and name' });
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(await connection(t, service, port), { accepted: true, resumed: true, how: 'chain and name' });
    }
  });

  test(`${version}: another destination or name never gets the session`, async (t) => {
    const service = prepare({ ...BASE, verify: { chain: true } });
    const port = await server(t, version);
    await connection(t, service, port);
    assert.equal((await connection(t, service, port, 'other.test')).resumed, false);
    assert.equal((await connection(t, service, await server(t, version))).resumed, false);
    assert.equal((await connection(t, service, port)).resumed, true);
  });

  test(`${version}: sessionResume = no resumes nothing`, async (t) => {
    const service = prepare({ ...BASE, service: { sessions: { ...serviceConfig().sessions, resume: false } } });
    const port = await server(t, version);
    await connection(t, service, port);
    assert.equal((await connection(t, service, port)).resumed, false);
  });

  test(`${version}: a refused peer leaves no session behind`, async (t) => {
    const service = prepare({ trust: { caFile: authority('stranger').certFile }, verify: { chain: true } });
    const port = await server(t, version);
    for (let count = 0; count < 3; count += 1) {
      const { accepted, resumed } = await connection(t, service, port);
      assert.deepEqual({ accepted, resumed }, { accepted: false, resumed: false });
    }
  });

  test(`${version}: whatever decides trust has changed`, async (t) => {
    const pinned = certificate('server').pin;
    const both = bundle('client-sessions-two', authority().certFile, authority('stranger').certFile);
    const client = certificate('client');
    /** Today's service, and whether it accepts this server. */
    const changes: readonly (readonly [why: string, today: Changes, accepts: boolean])[] = [
      ['nothing', BASE, true],
      ['another CA', { ...BASE, trust: { caFile: authority('stranger').certFile } }, false],
      ['one CA more', { ...BASE, trust: { caFile: both } }, true],
      ['the right pin', { ...BASE, verify: { ...BASE.verify, pins: [sha256(pinned)] } }, true],
      ['a wrong pin', { ...BASE, verify: { ...BASE.verify, pins: [sha256(strangersCertificate().pin)] } }, false],
      ['only a wrong pin', { verify: { pins: [sha256(strangersCertificate().pin)] } }, false],
      ['a host to check', { ...BASE, verify: { ...BASE.verify, checkHost: ['wrong.test'] } }, false],
      ['an address to check', { ...BASE, verify: { ...BASE.verify, checkIp: ['192.0.2.1'] } }, false],
      ['local certificates', { trust: { caFile: strangersCertificate().certFile }, verify: { peer: true } }, false],
      ['the right local certificate', { trust: { caFile: certificate('server').certFile }, verify: { peer: true } }, true],
      ['a client certificate', { ...BASE, tls: { cert: client.certFile, key: client.keyFile } }, true],
      ['the service', { ...BASE, service: { name: 'another' } }, true],
      ['a revocation list', { ...BASE, service: { revocation: revoking([]) } }, true],
      ['a revocation list that names it', { ...BASE, service: { revocation: revoking([certificate('server')]) } }, false],
      ['the profile', { ...BASE, verify: { ...BASE.verify, profile: 'strict' } }, true],
    ];
    for (const [why, today, accepts] of changes) {
      await t.test(why, async (t) => {
        const port = await server(t, version);
        const session = await earn(t, prepare(BASE), port);
        const fresh = await connection(t, prepare(today), port);
        assert.equal(fresh.accepted, accepts, `afresh: ${fresh.how}`);
        const reloaded = prepare(today);
        assert.equal(sessionsOf(reloaded).begin(destinationOf(port), 'localhost').offered, undefined, 'nothing survives a reload');
        const forced = connection(t, reloaded, port, 'localhost', session);
        if (why !== 'nothing') return assert.rejects(forced, /reuse session in different context/);
        // the library goes on with it; a session that the store did not offer proves nothing all the same
        const { accepted, resumed } = await forced;
        assert.deepEqual({ accepted, resumed }, { accepted: false, resumed: true });
      });
    }
  });

  test(`${version}: s_server of OpenSSL, its tickets arriving late`, { skip: requires({ packages: ['openssl'] }) }, async (t) => {
    const { certFile, keyFile } = certificate('server');
    const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
    const { program, port } = await startOpensslServer(certFile, keyFile, [flag]);
    t.after(() => program.kill('SIGKILL'));
    const service = prepare(BASE);
    const visit = async (): Promise<boolean> => {
      const { verdict, facts, leg } = await judgeServerAt(t, service, port, 'localhost');
      assert.equal(verdict.accepted, true);
      drain(leg);
      await ticketArrived(service, port, leg);
      leg.finish();
      return facts.resumed;
    };
    assert.deepEqual([await visit(), await visit(), await visit()], [false, true, true]);
  });
}

/** Waits until the store has something to offer; looking takes it out, so it is put back by a handshake that follows. */
async function ticketArrived(service: ServiceTls, port: number, leg: Leg): Promise<void> {
  await eventually('a session arrives', () => sessionsOf(service).begin(destinationOf(port), 'localhost').offered !== undefined);
  assert.equal(leg.gone, false);
}

test('a ticket that the server no longer takes costs a full handshake and nothing else', async (t) => {
  const service = prepare(BASE);
  let keys: Buffer | undefined;
  const { port } = await listenTls(t, {}, (socket) => socket.end('x'));
  await connection(t, service, port);
  assert.equal((await connection(t, service, port)).resumed, true);
  const stale = sessionsOf(service).begin(destinationOf(port), 'localhost').offered?.session;
  assert.ok(stale !== undefined && keys === undefined);
  keys = Buffer.alloc(48, 1);
  const other = await listenTls(t, { ticketKeys: keys }, (socket) => socket.end('x'));
  assert.deepEqual(await connection(t, service, other.port, 'localhost', stale), { accepted: true, resumed: false, how: 'chain and name' });
});
