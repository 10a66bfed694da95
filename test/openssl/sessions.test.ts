/** Resumption: sessions as pointers, tickets with keys of ours and their rotation, none where none is wanted, pre-shared keys beside them. */
// Tests: src/openssl/context/psk-answers.ts, src/openssl/sessions/ticket.ts
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Context } from '../../src/openssl/context/context.ts';
import type { Peer } from '../../src/openssl/context/verdict.ts';
import { ACCEPTED } from '../../src/openssl/context/verdict.ts';
import { handlesAlive } from '../../src/openssl/library/handle.ts';
import type { Session } from '../../src/openssl/sessions/session.ts';
import type { TicketKey, TicketKeys } from '../../src/openssl/sessions/ticket.ts';
import { acceptAll, clientContext, Inbox, judgeChain, serverContext, tlsPair } from '../support/net/legs.ts';
import type { Ending } from '../support/temp.ts';

interface Visited {
  readonly resumed: boolean;
  /** As each side was asked to judge it. */
  readonly judged: { readonly server: Peer | undefined; readonly client: Peer | undefined };
  readonly session: Session | undefined;
  readonly failed: boolean;
}

async function visit(t: Ending, server: Context, client: Context, session?: Session): Promise<Visited> {
  let received: Session | undefined;
  const judged: { server: Peer | undefined; client: Peer | undefined } = { server: undefined, client: undefined };
  const outcome = await tlsPair(
    t,
    {
      context: server,
      judge: (peer) => {
        judged.server = peer;
        return ACCEPTED;
      },
    },
    {
      context: client,
      judge: (peer) => {
        judged.client = peer;
        return judgeChain(peer);
      },
      serverName: 'localhost',
      session,
      sessionReceived: (given) => {
        received?.free();
        received = given;
      },
    },
  );
  const failed = outcome.client.failure !== undefined || outcome.server.failure !== undefined;
  if (failed) return { resumed: false, judged, session: received, failed };
  const { resumed } = outcome.client.leg.agreed;
  const inbox = new Inbox(outcome.client.leg);
  outcome.server.leg.write(Buffer.from('hello'));
  await inbox.sees('hello');
  outcome.client.leg.end('close');
  return { resumed, judged, session: received, failed };
}

function ticketKey(bits: 128 | 256 = 256): TicketKey {
  return { name: randomBytes(16), cipher: randomBytes(bits / 8), mac: randomBytes(32) };
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  const both = { minVersion: version, maxVersion: version };
  const resuming = { ...both, sessions: { resume: true } };

  test(`${version}: a session is resumed by its pointer; both sides are asked about the resumed peer`, async (t) => {
    const before = handlesAlive('session');
    const server = serverContext(t, { ...resuming, sessionIdContext: Buffer.from('one') });
    const client = clientContext(t, resuming);
    const first = await visit(t, server, client);
    assert.equal(first.resumed, false);
    assert.equal(first.judged.client?.resumed, false);
    assert.ok(first.session?.resumable && first.session.expires > Date.now());
    const second = await visit(t, server, client, first.session);
    assert.equal(second.resumed, true);
    assert.equal(second.judged.client?.resumed, true);
    assert.equal(second.judged.server?.resumed, true);
    assert.equal(second.judged.client?.psk, false);
    for (const each of [first, second]) each.session?.free();
    assert.equal(handlesAlive('session'), before);
  });

  test(`${version}: tickets are sealed with our keys; one sealed with a former key is good and is renewed, then it is not`, async (t) => {
    let keys: TicketKeys = { current: ticketKey(), former: [] };
    const server = serverContext(t, { ...both, sessions: { resume: true, tickets: () => keys }, sessionIdContext: Buffer.from('t') });
    const client = clientContext(t, resuming);
    const first = await visit(t, server, client);
    const old = keys.current;
    keys = { current: ticketKey(128), former: [old] };
    const renewed = await visit(t, server, client, first.session);
    assert.equal(renewed.resumed, true, 'the former key still opens it');
    assert.ok(renewed.session !== undefined, 'and the client got a new ticket');
    keys = { current: keys.current, former: [] };
    assert.equal((await visit(t, server, client, first.session)).resumed, false, 'nobody has that key any more');
    assert.equal((await visit(t, server, client, renewed.session)).resumed, true, 'the new ticket is sealed with the new key');
    // another context with the same keys, as another worker has
    const twin = serverContext(t, { ...both, sessions: { resume: true, tickets: () => keys }, sessionIdContext: Buffer.from('t') });
    assert.equal((await visit(t, twin, client, renewed.session)).resumed, true);
    const foreign = serverContext(t, { ...both, sessions: { resume: true, tickets: () => keys }, sessionIdContext: Buffer.from('u') });
    assert.equal((await visit(t, foreign, client, renewed.session)).resumed, false, 'not where the context is another');
  });

  test(`${version}: a server that resumes nothing gives no session away`, async (t) => {
    const server = serverContext(t, { ...both, sessions: { resume: false } });
    const { session } = await visit(t, server, clientContext(t, resuming));
    if (session !== undefined) assert.equal((await visit(t, server, clientContext(t, resuming), session)).resumed, false);
    if (version === 'TLSv1.3') assert.equal(session, undefined, 'no ticket was sent');
    session?.free();
  });

  test(`${version}: a pre-shared key takes the place of certificates, and both sides know`, async (t) => {
    const key = randomBytes(32);
    const server = serverContext(t, {
      ...both,
      identities: [],
      psk: { keyOf: (identity) => (identity === 'me' ? key : undefined) },
      ciphers: 'PSK',
    });
    const client = clientContext(t, { ...both, psk: { identity: 'me', key }, ciphers: 'PSK' });
    const { judged, failed } = await visit(t, server, client);
    assert.equal(failed, false);
    for (const peer of [judged.server, judged.client]) {
      assert.equal(peer?.psk, true);
      assert.equal(peer?.resumed, false);
    }
    const stranger = clientContext(t, { ...both, psk: { identity: 'you', key }, ciphers: 'PSK' });
    assert.equal((await visit(t, server, stranger)).failed, true);
    const guessing = clientContext(t, { ...both, psk: { identity: 'me', key: randomBytes(32) }, ciphers: 'PSK' });
    assert.equal((await visit(t, server, guessing)).failed, true);
  });

  test(`${version}: a stapled response reaches the verdict, in the handshake; none is known to be none`, async (t) => {
    const staple = randomBytes(100);
    for (const sent of [staple, undefined]) {
      for (const accepts of [true, false]) {
        const server = serverContext(t, { ...both, staple: () => sent });
        const client = clientContext(t, { ...both, requestStaple: true });
        const seen: (Uint8Array | undefined)[] = [];
        const { client: outcome, server: other } = await tlsPair(
          t,
          { context: server, judge: acceptAll },
          {
            context: client,
            judge: () => ({
              accepted: true,
              status: (given) => {
                seen.push(given);
                return accepts ? ACCEPTED : { accepted: false, error: 23 };
              },
            }),
          },
        );
        assert.deepEqual(
          seen.map((each) => each && Buffer.from(each)),
          [sent],
        );
        assert.equal(outcome.failure === undefined, accepts);
        if (accepts) continue;
        const alert = other.failure ?? new Inbox(other.leg);
        const text = alert instanceof Inbox ? await alert.over() : alert.message;
        assert.match(text, version === 'TLSv1.3' ? /certificate revoked/ : /bad certificate status response/);
      }
    }
  });
}
