/** Contexts: what the library does not take is named, what it takes has its effect. */
// Tests: src/openssl/context/context-options.ts, src/openssl/context/commands.ts, src/openssl/library/errors.ts, src/openssl/material/identity.ts, src/openssl/material/store.ts, src/openssl/material/parameters.ts
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Context } from '../../../src/openssl/context/context.ts';
import type { ContextOptions } from '../../../src/openssl/context/context-options.ts';
import { ContextError } from '../../../src/openssl/context/context-options.ts';
import { OpensslError } from '../../../src/openssl/library/errors.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import { Identity } from '../../../src/openssl/material/identity.ts';
import { Store } from '../../../src/openssl/material/store.ts';
import { certificate, encryptedKey, pkcs12 } from '../../support/data/certificates.ts';
import { acceptAll, clientContext, identityOf, judgeChain, serverContext, tlsPair } from '../../support/net/legs.ts';
import { outputOf } from '../../support/program.ts';

const WRONG: readonly (readonly [Partial<ContextOptions>, keyof ContextOptions, RegExp])[] = [
  [{ ciphers: 'NO-SUCH-CIPHER' }, 'ciphers', /no cipher match/],
  [{ groups: 'P-256:no-such-group' }, 'groups', /./],
  [{ commands: [{ name: 'SignatureAlgorithms', value: 'no+such' }] }, 'commands', /./],
  [{ minVersion: 'TLSv9' }, 'minVersion', /./],
  [
    { commands: [{ name: 'NoSuchCommand', value: 'x' }] },
    'commands',
    /OpenSSL config command "NoSuchCommand" was not recognised|unknown cmd name/,
  ],
  [{ commands: [{ name: 'Options', value: 'NoSuchOption' }] }, 'commands', /./],
  [{ dh: 'not parameters' }, 'dh', /./],
  [{ sessionIdContext: Buffer.alloc(33) }, 'sessionIdContext', /longer than 32 bytes|too long/],
];

test('what the library does not take is an error that says what it is about', () => {
  const before = handlesAlive('context');
  for (const [options, about, text] of WRONG) {
    assert.throws(
      () => new Context({ role: 'server', ...options }),
      (error) => error instanceof ContextError && error.about === about && text.test(error.message),
      about,
    );
  }
  assert.equal(handlesAlive('context'), before, 'nothing is left of them');
});

test('a key below the security level is refused with its reason; @SECLEVEL in the list has the last word', (t) => {
  const weak = identityOf('weak-key');
  assert.throws(
    () => new Context({ role: 'server', identities: [weak], securityLevel: 2 }),
    (error) => error instanceof ContextError && error.about === 'identities' && error.has('ee key too small'),
  );
  serverContext(t, { identities: [weak], securityLevel: 2, ciphers: 'DEFAULT:@SECLEVEL=0' });
});

test('a key that belongs to another certificate, an encrypted key, a container: what is wrong is said', () => {
  const [server, other] = [certificate('server'), certificate('other-name')];
  const pem = readFileSync(server.certFile, 'utf8');
  const mixed = Identity.fromPem([pem], readFileSync(other.keyFile, 'utf8'));
  assert.throws(() => new Context({ role: 'server', identities: [mixed] }), /values mismatch/);
  const encrypted = readFileSync(encryptedKey('open sesame'), 'utf8');
  assert.throws(() => Identity.fromPem([pem], encrypted), OpensslError);
  assert.throws(() => Identity.fromPem([pem], encrypted, 'wrong'), OpensslError);
  Identity.fromPem([pem], encrypted, 'open sesame').free();
  const container = readFileSync(pkcs12('secret'));
  assert.throws(
    () => Identity.fromPkcs12(container, 'wrong'),
    (error) => error instanceof OpensslError && error.has('mac verify failure'),
  );
  const opened = Identity.fromPkcs12(container, 'secret');
  assert.equal(opened.chain.length, 1);
  opened.free();
  assert.throws(() => opened.certificate.pointer, /a freed certificate was used/);
});

test('DHE, from parameters in PEM and automatic', async (t) => {
  const pem = await outputOf(['openssl', 'dhparam', '-dsaparam', '2048']);
  for (const dh of [pem, 'auto']) {
    const { client, server } = await tlsPair(
      t,
      { context: serverContext(t, { dh, identities: [identityOf('rsa')], maxVersion: 'TLSv1.2' }), judge: acceptAll },
      { context: clientContext(t, { ciphers: 'DHE-RSA-AES128-GCM-SHA256' }), judge: judgeChain },
    );
    assert.equal(client.failure, undefined);
    assert.equal(server.leg.agreed.cipher.name, 'DHE-RSA-AES128-GCM-SHA256');
    assert.equal(client.leg.agreed.peerTemporaryKey?.type, 'DH');
  }
});

test('commands of SSL_CONF mean what they mean to OpenSSL, and come last', async (t) => {
  const commands = [
    { name: 'MaxProtocol', value: 'TLSv1.2' },
    { name: 'CipherString', value: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  ];
  const { client } = await tlsPair(
    t,
    { context: serverContext(t, { commands, minVersion: 'TLSv1.2' }), judge: acceptAll },
    { context: clientContext(t), judge: acceptAll },
  );
  assert.equal(client.leg.agreed.version, 'TLSv1.2');
  assert.equal(client.leg.agreed.cipher.name, 'ECDHE-ECDSA-AES128-GCM-SHA256');
});

test('no protocol in common is an alert, a client that names none is let through', async (t) => {
  const server = serverContext(t, { alpn: ['h2'] });
  const refused = await tlsPair(
    t,
    { context: server, judge: acceptAll },
    { context: clientContext(t, { alpn: ['ftp'] }), judge: acceptAll },
  );
  assert.match(String(refused.client.failure), /no application protocol/);
  const silent = await tlsPair(t, { context: server, judge: acceptAll }, { context: clientContext(t), judge: acceptAll });
  assert.equal(silent.server.failure, undefined);
  assert.equal(silent.server.leg.agreed.alpn, undefined);
});

test('the chain is verified against the store, whose damaged anchors are left out; the blamed one is named', async (t) => {
  const store = new Store({ anchors: ['not a certificate'] });
  t.after(() => store.free());
  const results: unknown[] = [];
  await tlsPair(
    t,
    { context: serverContext(t), judge: acceptAll },
    {
      context: clientContext(t, { store }),
      judge: (peer) => {
        const result = peer.verify();
        results.push(result?.text, result?.depth, result?.blamed?.length === peer.certificate?.length);
        return { accepted: false, error: result?.error ?? 1 };
      },
    },
  );
  assert.deepEqual(results, ['self-signed certificate in certificate chain', 1, false]);
});

test('the secrets of a connection are told only where somebody has asked for them', async (t) => {
  const lines: string[] = [];
  const { client } = await tlsPair(
    t,
    { context: serverContext(t, { keyLog: (line) => lines.push(line) }), judge: acceptAll },
    { context: clientContext(t), judge: acceptAll },
  );
  assert.equal(client.failure, undefined);
  assert.ok(lines.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 ')));
});
