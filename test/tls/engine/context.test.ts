/** Options that reach OpenSSL, shown by what two ends agree on, and the message for each value OpenSSL does not take. */
// Tests: src/tls/engine/judging.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import type { TlsConfig } from '../../../src/config/tls-config.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { authority, certificate } from '../../support/data/certificates.ts';
import { drain, judgeClient, judgeNextClient, judgeServer, listenAs } from '../../support/overcoat/handshake.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const own = certificate('server');

function client(tls: Partial<TlsConfig>) {
  return prepareServiceTls(serviceConfig({ tls }), () => undefined);
}

function server(tls: Partial<TlsConfig>) {
  return prepareServiceTls(serviceConfig({ mode: 'server', tls: { cert: own.certFile, key: own.keyFile, ...tls } }), () => undefined);
}

test('versions, ciphers and groups decide what is agreed, both modes', async (t) => {
  const twelve = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  const cases: readonly (readonly [
    Partial<TlsConfig>,
    Partial<Record<'protocol' | 'cipher' | 'bits' | 'group' | 'groupBits', unknown>>,
  ])[] = [
    [{}, { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', bits: 256, group: 'X25519MLKEM768' }],
    [twelve, { protocol: 'TLSv1.2', group: 'X25519', groupBits: 253 }],
    [{ ciphersuites: 'TLS_CHACHA20_POLY1305_SHA256' }, { cipher: 'TLS_CHACHA20_POLY1305_SHA256', bits: 256 }],
    [{ ciphersuites: 'TLS_AES_128_GCM_SHA256' }, { cipher: 'TLS_AES_128_GCM_SHA256', bits: 128 }],
    [
      { ...twelve, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', bits: 128 },
    ],
    [{ curves: 'P-384' }, { group: 'P-384', groupBits: 384 }],
    [{ curves: 'X448' }, { group: 'X448', groupBits: 448 }],
    [{ curves: 'P-256:X25519' }, { group: 'P-256', groupBits: 256 }],
  ];
  for (const [tls, expected] of cases) {
    await t.test(JSON.stringify(tls), async (t) => {
      const { facts } = await judgeServer(t, client(tls), { ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384:X448' });
      assert.deepEqual({ ...facts, ...expected }, facts);
      const served = await judgeClient(t, server(tls), { ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384:X448' });
      assert.deepEqual({ ...served.facts, ...expected }, served.facts);
    });
  }
});

test('an own certificate that says what it is trusted for (TRUSTED CERTIFICATE) serves as any other', async (t) => {
  const aux = Buffer.of(0x30, 0); // what `openssl x509 -trustout` puts behind it
  const text = Buffer.concat([own.x509.raw, aux]).toString('base64').replaceAll(/.{64}/g, '$&\n');
  const label = 'TRUSTED CERTIFICATE-----\n';
  const { 'own.pem': cert } = writeFiles(tempFolder(t), { 'own.pem': `-----BEGIN ${label}${text}\n-----END ${label}` });
  const { facts } = await judgeClient(t, server({ cert }), {});
  assert.equal(facts?.protocol, 'TLSv1.3');
});

test('a peer that shares nothing with us is refused', async (t) => {
  const strict = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;
  await assert.rejects(judgeServer(t, client(strict), { maxVersion: 'TLSv1.2' }));
  await assert.rejects(judgeClient(t, server(strict), { maxVersion: 'TLSv1.2' }));
  await assert.rejects(judgeServer(t, client({ curves: 'X448' }), { ecdhCurve: 'P-256' }));
  await assert.rejects(
    judgeServer(t, client({ ciphersuites: 'TLS_AES_128_GCM_SHA256' }), { ciphers: 'TLS_AES_256_GCM_SHA384', minVersion: 'TLSv1.3' }),
  );
});

test('TLS 1.0 needs a lower security level', async (t) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1' } as const;
  const peer = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  const { facts } = await judgeServer(t, client({ ...old, securityLevel: 0 }), peer);
  assert.equal(facts.protocol, 'TLSv1');
  await assert.rejects(judgeServer(t, client(old), peer));
});

test('the server’s order of ciphers counts, unless told otherwise', async (t) => {
  const ours = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
  const peer = { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384' };
  assert.equal((await judgeClient(t, server({ ...ours, honorCipherOrder: true }), peer)).facts.bits, 256);
  assert.equal((await judgeClient(t, server({ ...ours, honorCipherOrder: false }), peer)).facts.bits, 128);
});

test('options: NO_TLSv1_3 by its bit, and bits beyond 32', async (t) => {
  const noThirteen = Number(1n << 29n);
  assert.equal((await judgeServer(t, client({ secureOptions: noThirteen }), {})).facts.protocol, 'TLSv1.2');
  const beyond = Number((1n << 35n) | (1n << 29n));
  assert.equal((await judgeServer(t, client({ secureOptions: beyond }), {})).facts.protocol, 'TLSv1.2');
});

test('commands of the library: signature algorithms', async (t) => {
  const only = (value: string) => client({ commands: [{ name: 'SignatureAlgorithms', value }] });
  const { facts } = await judgeServer(t, only('ECDSA+SHA256'), {});
  assert.equal(facts.protocol, 'TLSv1.3');
  await assert.rejects(judgeServer(t, only('RSA-PSS+SHA256'), {}));
});

test('ALPN is offered and answered', async (t) => {
  const { leg } = await judgeClient(t, server({ alpn: ['mqtt', 'h2'] }), { ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal(leg.alpn, 'h2');
  await assert.rejects(judgeClient(t, server({ alpn: ['mqtt'] }), { ALPNProtocols: ['http/1.1'] }), 'no_application_protocol');
  await judgeServer(t, client({ alpn: ['mqtt'] }), { ALPNProtocols: ['mqtt'] });
});

test('a client that renegotiates is refused, however often it was allowed by default', async (t) => {
  const service = server({ maxVersion: 'TLSv1.2' });
  const port = await listenAs(t, service);
  void judgeNextClient(service).then(({ leg }) => drain(leg));
  const socket = connect({ port, host: '127.0.0.1', ca: authority().certificate, servername: 'localhost', maxVersion: 'TLSv1.2' });
  t.after(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  const error = await new Promise<Error | null>((resolve) => {
    socket.on('error', resolve);
    socket.renegotiate({}, (problem) => resolve(problem));
  });
  assert.match(error?.message ?? '', /no renegotiation|handshake failure/i);
});

test('values OpenSSL does not take are named in stunnel’s words', () => {
  const cases: readonly (readonly [Partial<TlsConfig>, RegExp])[] = [
    [{ curves: 'X25519:nonsense' }, /^Invalid groups list in 'curves': X25519:nonsense/],
    [{ ciphers: 'nonsense' }, /^No cipher of ciphers = nonsense .*no cipher match/],
    [{ ciphersuites: 'TLS_NONSENSE' }, /ciphersuites = TLS_NONSENSE .*no cipher match/],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, /^Invalid protocol version range: TLSv1\.3 is above TLSv1\.2/],
    [{ commands: [{ name: 'SignatureAlgorithms', value: 'nonsense' }] }, /OpenSSL config command "SignatureAlgorithms"|bad value|invalid/],
    [{ securityLevel: 9 }, /security level/],
  ];
  for (const [tls, message] of cases) {
    for (const make of [client, server]) {
      assert.throws(() => make(tls), { code: 'config_invalid_value', message }, JSON.stringify(tls));
    }
  }
});

test('an own key below the security level is refused by name', () => {
  const weak = certificate('weak-key');
  assert.throws(() => server({ cert: weak.certFile, key: weak.keyFile }), {
    code: 'config_key_material',
    message:
      /^cert = .*weak-key\.crt: its key has 1024 bits, and security level 2 asks for 2048 bits \(RSA\) or 224 \(EC\): ee key too small; make a certificate with a longer key/,
  });
});
