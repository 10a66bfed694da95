/**
 * Virtual hosts and resumption. Three services on one port: `open` asks for nothing, `guarded` demands a client certificate, `other`
 * is open too. A session earned at one of them must not open another, whether it comes as a ticket or by its id, in TLS 1.2 or 1.3.
 */
// Tests: src/openssl/context/virtual-host.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../src/openssl/context/context.ts';
import type { ContextOptions } from '../../src/openssl/context/context-options.ts';
import type { Session } from '../../src/openssl/sessions/session.ts';
import type { Outcome } from '../support/net/legs.ts';
import { acceptAll, clientContext, Inbox, identityOf, judgeChain, serverContext, tlsPair } from '../support/net/legs.ts';
import type { Ending } from '../support/temp.ts';

const HOSTS = ['open.test', 'guarded.test', 'other.test'] as const;
type Host = (typeof HOSTS)[number];

interface World {
  readonly primary: Context;
  readonly hosts: Readonly<Record<Host, Context>>;
  readonly client: Context;
  readonly known: Context;
}

function world(t: Ending, version: string, tickets: boolean): World {
  const both = { minVersion: version, maxVersion: version, sessions: { resume: true, cacheSize: 100 } };
  const options: Partial<ContextOptions> = { ...both, ...(tickets ? {} : { options: { set: 1n << 14n, clear: 0n } }) };
  const host = (name: string, more: Partial<ContextOptions> = {}): Context =>
    serverContext(t, { ...options, sessionIdContext: Buffer.from(name), ...more });
  return {
    primary: host('primary', { virtualHosts: true }),
    hosts: { 'open.test': host('open'), 'guarded.test': host('guarded', { verify: 'require' }), 'other.test': host('other') },
    client: clientContext(t, both),
    known: clientContext(t, { ...both, identities: [identityOf('client')] }),
  };
}

interface Visit {
  readonly server: Outcome;
  readonly client: Outcome;
  readonly resumed: boolean;
  readonly session: Session | undefined;
  /** What the server has sent to it. */
  readonly heard: string;
}

/** One connection to a host, which greets whoever it lets in. */
async function visit(
  t: Ending,
  { primary, hosts, client, known }: World,
  host: Host,
  session?: Session,
  withCertificate = false,
): Promise<Visit> {
  let received: Session | undefined;
  const outcome = await tlsPair(
    t,
    {
      context: primary,
      judge: (peer) => (peer.certificate === undefined || peer.resumed ? acceptAll(peer) : judgeChain(peer)),
      choose: (name) => {
        const chosen = hosts[name as Host];
        return chosen === undefined ? { kind: 'refuse' } : { kind: 'context', context: chosen };
      },
    },
    {
      context: withCertificate ? known : client,
      judge: acceptAll,
      serverName: host,
      session,
      sessionReceived: (given) => {
        received?.free();
        received = given;
      },
    },
  );
  const { server } = outcome;
  const resumed = server.failure === undefined && server.leg.agreed.resumed;
  if (server.failure === undefined) {
    new Inbox(server.leg);
    server.leg.write(Buffer.from('welcome'));
  }
  if (outcome.client.failure !== undefined) return { ...outcome, resumed, session: received, heard: '' };
  const inbox = new Inbox(outcome.client.leg);
  if (server.failure === undefined) await inbox.sees('welcome');
  else await inbox.over();
  return { ...outcome, resumed, session: received, heard: inbox.text };
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  for (const tickets of [true, false]) {
    test(`${version}, ${tickets ? 'tickets' : 'session ids'}: a session opens its own host and no other`, async (t) => {
      const there = world(t, version, tickets);
      for (const earned of HOSTS) {
        const first = await visit(t, there, earned, undefined, earned === 'guarded.test');
        assert.equal(first.heard, 'welcome', earned);
        assert.equal(first.server.leg.context, there.hosts[earned], 'served by the host that was named');
        assert.ok(first.session !== undefined, `${earned} gives a session`);
        for (const shown of HOSTS) {
          const { heard, resumed } = await visit(t, there, shown, first.session);
          assert.equal(resumed, shown === earned, `earned at ${earned}, shown to ${shown}: resumed`);
          const mayEnter = shown !== 'guarded.test' || earned === 'guarded.test';
          assert.equal(heard, mayEnter ? 'welcome' : '', `earned at ${earned}, shown to ${shown}`);
        }
        first.session?.free();
      }
    });
  }

  test(`${version}: without a certificate nobody enters the guarded host, and an unknown name gets its alert`, async (t) => {
    const there = world(t, version, true);
    const stranger = await visit(t, there, 'guarded.test');
    assert.match(String(stranger.server.failure), /peer did not return a certificate/);
    assert.equal(stranger.heard, '');
    const lost = await visit(t, there, 'nowhere.test' as Host);
    assert.match(String(lost.client.failure), /unrecognized name/);
  });

  test(`${version}: a choice that takes time stops the handshake and goes on`, async (t) => {
    const there = world(t, version, true);
    const { server, client } = await tlsPair(
      t,
      {
        context: there.primary,
        judge: acceptAll,
        choose: async () => ({ kind: 'context', context: there.hosts['open.test'] }),
      },
      { context: there.client, judge: acceptAll, serverName: 'open.test' },
    );
    assert.equal(server.failure, undefined);
    assert.equal(client.failure, undefined);
    assert.equal(server.leg.context, there.hosts['open.test']);
  });
}

test('what SSL_set_SSL_CTX does not carry is carried: versions, suites, groups, options', async (t) => {
  const primary = serverContext(t, { virtualHosts: true, minVersion: 'TLSv1.3', ciphersuites: 'TLS_AES_256_GCM_SHA384', groups: 'P-384' });
  const chosen = serverContext(t, { maxVersion: 'TLSv1.2', groups: 'P-256' });
  const suite = serverContext(t, { ciphersuites: 'TLS_AES_128_GCM_SHA256', groups: 'P-256' });
  const visitWith = (context: Context) =>
    tlsPair(
      t,
      { context: primary, judge: acceptAll, choose: () => ({ kind: 'context', context }) },
      { context: clientContext(t), judge: acceptAll, serverName: 'any.test' },
    );
  const older = await visitWith(chosen);
  assert.equal(older.client.failure, undefined);
  assert.equal(older.client.leg.agreed.version, 'TLSv1.2');
  const other = await visitWith(suite);
  assert.equal(other.client.leg.agreed.cipher.standardName, 'TLS_AES_128_GCM_SHA256');
  assert.match(other.client.leg.agreed.group, /secp256r1|P-256|prime256v1/i);
});
