/** The alert that each reason for a refusal sends, as OpenSSL names it, in both modes and both versions of TLS. */
// Tests: src/openssl/context/verdict.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifyErrorName } from '../../src/openssl/context/verdict.ts';
import { VERIFY_ERRORS } from '../../src/openssl/context/verdict.ts';
import { OpensslError } from '../../src/openssl/library/errors.ts';
import { acceptAll, clientContext, Inbox, identityOf, serverContext, tlsPair } from '../support/net/legs.ts';

/** Reason of the verdict -> what the peer's library says of the alert. */
const ALERTS: Readonly<Partial<Record<VerifyErrorName, RegExp>>> = {
  CERT_HAS_EXPIRED: /certificate expired/,
  CERT_NOT_YET_VALID: /bad certificate/,
  CERT_REVOKED: /certificate revoked/,
  CERT_SIGNATURE_FAILURE: /decrypt error/,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: /unknown ca/,
  DEPTH_ZERO_SELF_SIGNED_CERT: /unknown ca/,
  SELF_SIGNED_CERT_IN_CHAIN: /unknown ca/,
  INVALID_PURPOSE: /unsupported certificate/,
  HOSTNAME_MISMATCH: /bad certificate/,
  APPLICATION_VERIFICATION: /handshake failure/,
  EE_KEY_TOO_SMALL: /bad certificate/,
  UNSPECIFIED: /internal error/,
};

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  for (const mode of ['client', 'server'] as const) {
    for (const wait of [false, true]) {
      if (wait && mode === 'server') continue; // the library cannot stop there: the next test
      test(`${version}, ${mode} mode${wait ? ', a verdict that waits' : ''}: a refused peer gets the alert of its reason`, async (t) => {
        const both = { minVersion: version, maxVersion: version };
        const server = serverContext(t, { ...both, verify: 'require' });
        const client = clientContext(t, { ...both, identities: [identityOf('client')] });
        for (const [reason, expected] of Object.entries(ALERTS)) {
          const refusal = { accepted: false, error: VERIFY_ERRORS[reason as VerifyErrorName] } as const;
          const judge = () => (wait ? new Promise<typeof refusal>((resolve) => setImmediate(() => resolve(refusal))) : refusal);
          const outcome = await tlsPair(
            t,
            { context: server, judge: mode === 'server' ? judge : acceptAll },
            { context: client, judge: mode === 'client' ? judge : acceptAll },
          );
          const [refusing, refused] = mode === 'client' ? [outcome.client, outcome.server] : [outcome.server, outcome.client];
          assert.match(String(refusing.failure), /certificate verify failed/, reason);
          // In TLS 1.3 a client has finished before the server looks at its certificate.
          const seen = refused.failure ?? (await failureOf(new Inbox(refused.leg)));
          assert.ok(seen instanceof OpensslError, `${reason}: ${seen}`);
          assert.match(seen.message, expected, reason);
        }
      });
    }
  }

  test(`${version}, server mode: a verdict that waits falls after the handshake; the peer sees a close and gets nothing`, async (t) => {
    const both = { minVersion: version, maxVersion: version };
    const refusal = { accepted: false, error: VERIFY_ERRORS.CERT_REVOKED } as const;
    const outcome = await tlsPair(
      t,
      { context: serverContext(t, { ...both, verify: 'require' }), judge: async () => refusal },
      { context: clientContext(t, { ...both, identities: [identityOf('client')] }), judge: acceptAll },
    );
    assert.match(String(outcome.server.failure), /PeerRefused: certificate verify failed: certificate revoked/);
    if (outcome.client.failure !== undefined) return;
    const inbox = new Inbox(outcome.client.leg);
    assert.match(await inbox.over(), /cut|ECONNRESET|Connection reset/);
    assert.equal(inbox.bytes.length, 0);
  });
}

async function failureOf(inbox: Inbox): Promise<Error | undefined> {
  await inbox.over();
  return inbox.failure;
}
