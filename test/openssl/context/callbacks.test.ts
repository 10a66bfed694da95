/**
 * A callback that throws or returns something else than an integer must refuse: whatever it is asked, in both modes, nothing is relayed.
 * First the questions to whoever uses a leg, then each function that C calls.
 */
// Tests: src/native/callback.ts, src/openssl/context/judgement.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Answers } from '../../../src/openssl/context/answers.ts';
import type { Callee } from '../../../src/openssl/context/callbacks.ts';
import type { ContextOptions } from '../../../src/openssl/context/context-options.ts';
import type { TlsLegOptions } from '../../../src/openssl/context/leg-options.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import type { End } from '../../support/net/handshake-kinds.ts';
import { Conversation, TEXT } from '../../support/net/handshake-kinds.ts';
import { acceptAll, clientContext, identityOf, serverContext, tlsPair } from '../../support/net/legs.ts';

/** What a defective callback does, each as somebody might write it by mistake. */
const FAULTS: Readonly<Record<string, () => never>> = {
  throws: () => {
    throw new Error('a defect');
  },
  'returns undefined': () => undefined as never,
  'returns true': () => true as never,
  'returns a promise of nothing': () => Promise.resolve(undefined) as never,
  'returns a promise that fails': () => Promise.reject(new Error('a defect')) as never,
};

interface Place {
  readonly server?: (fault: () => never) => Partial<ContextOptions>;
  readonly serverLeg?: (fault: () => never) => Partial<TlsLegOptions>;
  readonly client?: (fault: () => never) => Partial<ContextOptions>;
  readonly clientLeg?: (fault: () => never) => Partial<TlsLegOptions>;
}

function quiet(result: unknown): never {
  if (result instanceof Promise) result.catch(() => undefined);
  return result as never;
}

const PSK = { identity: 'me', key: Buffer.alloc(32, 7) };

const PLACES: Readonly<Record<string, Place>> = {
  'verdict of a client': { clientLeg: (judge) => ({ judge }) },
  'verdict of a server': {
    server: () => ({ verify: 'require' }),
    client: () => ({ identities: [identityOf('client')] }),
    serverLeg: (judge) => ({ judge }),
  },
  'verdict on a client without a certificate': { serverLeg: (judge) => ({ judge }) },
  'verdict on a staple': {
    server: () => ({ staple: () => Buffer.alloc(100, 1) }),
    client: () => ({ requestStaple: true }),
    clientLeg: (status) => ({ judge: () => ({ accepted: true, status }) }),
  },
  'a staple of a server': {
    // undefined is an answer: there is none
    server: (staple) => ({ staple: () => quiet(staple() ?? null) }),
    client: () => ({ requestStaple: true }),
  },
  'keys of tickets': {
    // as above
    server: (tickets) => ({ sessions: { resume: true, tickets: () => quiet(tickets() ?? null) } }),
  },
  'choice of a virtual host': { server: () => ({ virtualHosts: true }), serverLeg: (choose) => ({ choose }) },
  'key of an identity': {
    // what it fails with later is nobody's: it takes no promises
    server: (keyOf) => ({ psk: { keyOf: () => quiet(keyOf()) }, identities: [], ciphers: 'PSK' }),
    client: () => ({ psk: PSK, ciphers: 'PSK' }),
  },
};

for (const [place, { server, serverLeg, client, clientLeg }] of Object.entries(PLACES)) {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`${place}, ${version}: no fault of a callback lets anybody in`, async (t) => {
      const both = { maxVersion: version, minVersion: version };
      for (const [fault, run] of Object.entries(FAULTS)) {
        const outcome = await tlsPair(
          t,
          { context: serverContext(t, { ...both, ...server?.(run) }), judge: acceptAll, ...serverLeg?.(run) },
          { context: clientContext(t, { ...both, ...client?.(run) }), judge: acceptAll, serverName: 'localhost', ...clientLeg?.(run) },
        );
        const { leg, failure } = clientLeg === undefined ? outcome.server : outcome.client;
        assert.ok(failure !== undefined, `one that ${fault}: the handshake is not finished`);
        assert.throws(() => leg.write(Buffer.from('a secret')), /before its peer was accepted/, fault);
        await new Promise((resolve) => setImmediate(resolve)); // until the turn is over, whose leg it is may reset it
        assert.ok(leg.ended);
      }
    });
  }
}

const RESUME = { sessions: { resume: true, named: true, tickets: () => ({ current: TICKET_KEY, former: [] }) } };
const TICKET_KEY = { name: Buffer.alloc(16, 1), cipher: Buffer.alloc(32, 2), mac: Buffer.alloc(32, 3) };

interface Question {
  readonly end: End;
  readonly server?: Partial<ContextOptions>;
  readonly client?: Partial<ContextOptions>;
  readonly choose?: true;
  /** TLS 1.3 tells a client of a session only when its server was accepted: what that has said beside it may be relayed, and no more. */
  readonly late?: true;
  /** It has no result, so that only an exception is a fault. */
  readonly tells?: true;
}

/** When each of them is asked. */
const QUESTIONS: readonly (readonly [keyof Callee, Question])[] = [
  ['clientHello', { end: 'server', server: { virtualHosts: true }, choose: true }],
  ['verify', { end: 'client' }],
  ['verify', { end: 'server', server: { verify: 'require' }, client: { identities: [identityOf('client')] } }],
  ['selectAlpn', { end: 'server', server: { alpn: ['h2'] }, client: { alpn: ['h2'] } }],
  ['status', { end: 'client', server: { staple: () => Buffer.alloc(100, 1) }, client: { requestStaple: true } }],
  ['status', { end: 'server', server: { staple: () => Buffer.alloc(100, 1) }, client: { requestStaple: true } }],
  ['pskOfClient', { end: 'client', server: { psk: { keyOf: () => PSK.key } }, client: { psk: PSK } }],
  ['pskOfServer', { end: 'server', server: { psk: { keyOf: () => PSK.key } }, client: { psk: PSK, ciphers: 'PSK' } }],
  ['ticket', { end: 'server', server: RESUME }],
  ['nameSession', { end: 'server', server: RESUME, tells: true }],
  ['newSession', { end: 'client', server: RESUME, client: RESUME, late: true }],
  ['keyLog', { end: 'client', client: { keyLog: () => undefined }, tells: true }],
  ['keyLog', { end: 'server', server: { keyLog: () => undefined }, tells: true }],
];

const RESULTS: Readonly<Record<string, () => unknown>> = {
  ...FAULTS,
  'throws nothing': () => {
    throw undefined;
  },
  'returns null': () => null,
  'returns false': () => false,
  'returns a string': () => '1',
  'returns a fraction': () => 0.5,
  'returns no number': () => Number.NaN,
  'returns a large integer': () => 1n,
  'returns a promise of yes': () => Promise.resolve(1),
};

for (const [callback, { end, server, client, choose, late = false, tells = false }] of QUESTIONS) {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    // a client of TLS 1.2 with a key offers it beside certificates, which this server has
    const oldKey = callback === 'pskOfClient' && version === 'TLSv1.2' ? { ciphers: 'PSK' } : {};
    test(`${callback} of a ${end}, ${version}: whatever C is given back, nothing is relayed`, async (t) => {
      const both = { maxVersion: version, minVersion: version };
      const at = serverContext(t, { ...both, ...server, ...oldKey });
      const kind = {
        name: callback,
        server: { context: at, judge: acceptAll, ...(choose && { choose: () => ({ kind: 'context', context: at }) as const }) },
        client: { context: clientContext(t, { ...both, ...client, ...oldKey }), judge: acceptAll },
      };
      const keeping = { ...kind, client: { ...kind.client, sessionReceived: (session: { free(): void }) => session.free() } };
      const good = await new Conversation(keeping).run();
      assert.deepEqual([good.received, good.failures], [{ client: TEXT, server: TEXT }, {}]);
      const original = Answers.prototype[callback] as (...given: unknown[]) => unknown;
      for (const [fault, run] of Object.entries(RESULTS)) {
        if (tells && !fault.startsWith('throws')) continue;
        let asked = 0;
        const seeded = t.mock.method(Answers.prototype, callback, function (this: Answers, ...given: unknown[]): unknown {
          if (this.role !== end) return original.apply(this, given);
          asked += 1;
          return quiet(run());
        } as never);
        const { received, legs } = await new Conversation(keeping).run();
        seeded.mock.restore();
        assert.ok(asked > 0, `${fault}: it was not asked`);
        if (!late || version === 'TLSv1.2') assert.deepEqual(received, { client: '', server: '' }, fault);
        assert.ok(legs[end].gone, fault);
      }
      assert.equal(handlesAlive('connection'), 0);
    });
  }
}
