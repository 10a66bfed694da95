/** A callback that throws or returns something else than an integer must refuse: whatever it is asked, in both modes, nothing is relayed. */
// Tests: src/native/callback.ts, src/openssl/judgement.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContextOptions } from '../../src/openssl/context.ts';
import type { TlsLegOptions } from '../../src/openssl/tls-leg.ts';
import { acceptAll, clientContext, identityOf, serverContext, tlsPair } from '../support/net/legs.ts';

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
        assert.ok(leg.ended);
      }
    });
  }
}
