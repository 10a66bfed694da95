/** Pre-shared keys: the file, and handshakes both ways with OpenSSL's s_client and s_server. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PskConfig } from '../../../src/config/tls-config.ts';
import { TlsClient } from '../../../src/tls/engine/tls-client.ts';
import { loadPskKeys } from '../../../src/tls/material/psk.ts';
import type { ServiceTls } from '../../../src/tls/service-tls.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { describeTlsFailure } from '../../../src/tls/verdict/failure.ts';
import { authority, certificate } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { destinationOf, drain, judgeNextClient, judgeServerAt, listenAs } from '../../support/overcoat/handshake.ts';
import type { Changes } from '../../support/overcoat/service-config.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { startOpensslClient } from '../../support/peers/openssl.ts';
import { Program } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const HEX = '0123456789abcdef0123456789abcdef';

/** A file of secrets, mode 600. */
function secrets(t: Ending, text: string, identity?: string): PskConfig {
  const { 'psk.key': secretsFile } = writeFiles(tempFolder(t), { 'psk.key': text });
  return { secretsFile, identity };
}

function prepare(psk: PskConfig, mode: 'client' | 'server', { service, ...changes }: Changes = {}): ServiceTls {
  return prepareServiceTls(serviceConfig({ mode, ...changes, service: { psk, ...service } }), () => undefined);
}

test('PSKsecrets: hexadecimal if it can be read so, else as it stands; the first of an identity counts', (t) => {
  const keys = loadPskKeys(secrets(t, `a:${HEX}\n\nb:not hexadecimal!\r\na:fedcba98765432100123456789abcdef\nc:${HEX}0\n`));
  assert.deepEqual([...keys.byIdentity.keys()], ['a', 'b', 'c']);
  assert.equal(keys.byIdentity.get('a')?.toString('hex'), HEX);
  assert.equal(keys.byIdentity.get('b')?.toString(), 'not hexadecimal!');
  assert.equal(keys.byIdentity.get('c')?.length, 33, 'an odd number of digits is text');
  assert.equal(keys.identity, 'a');
  assert.equal(loadPskKeys(secrets(t, `a:${HEX}\nb:${HEX}`, 'b')).identity, 'b');
});

test('PSKsecrets: problems by line, never with what stands in it', (t) => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    [`a:${HEX}\nsecret`, /^PSKsecrets = .*: PSKsecrets line 2: Not in identity:key format$/],
    [`:${HEX}`, /PSKsecrets line 1: Not in identity:key format$/],
    ['a:0123456789abcdef', /PSKsecrets line 1: Key shorter than 16 bytes$/],
    [`a:${'ab'.repeat(257)}`, /PSKsecrets line 1: Key longer than 256 bytes$/],
    ['\n\n', /holds no identity; write one identity:key a line$/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => loadPskKeys(secrets(t, text)), { code: 'config_key_material', message });
  }
  assert.throws(() => loadPskKeys({ secretsFile: '/absent', identity: undefined }), { message: /^PSKsecrets = \/absent: No such file/ });
  assert.throws(() => loadPskKeys(secrets(t, `a:${HEX}`, 'b')), { message: /^No key found for the specified PSK identity: b is not in / });
});

test('PSKsecrets that everyone may read are noticed', (t) => {
  const psk = secrets(t, `a:${HEX}`);
  chmodSync(psk.secretsFile, 0o644);
  assert.deepEqual(prepare(psk, 'client').exposed, [psk.secretsFile]);
});

const VERSIONS = [
  ['TLSv1.2', '-tls1_2'],
  ['TLSv1.3', '-tls1_3'],
] as const;

for (const [version, flag] of VERSIONS) {
  const name = (text: string): string => `${version}: ${text}`;

  test(name('a server without certificate, and s_client'), { skip: requires({ packages: ['openssl'] }) }, async (t) => {
    const service = prepare(secrets(t, `a:${HEX}\nb:${'cd'.repeat(16)}`), 'server');
    const port = await listenAs(t, service);
    const dial = (identity: string, key: string, extra: string[] = []) =>
      startOpensslClient(`127.0.0.1:${port}`, [flag, '-psk_identity', identity, '-psk', key, ...extra]);
    const file = join(tempFolder(t), 'session');
    for (const [identity, key, extra, resumed] of [
      ['a', HEX, ['-sess_out', file], version === 'TLSv1.3'],
      ['b', 'cd'.repeat(16), [], version === 'TLSv1.3'],
      ['a', HEX, ['-sess_in', file], true],
    ] as const) {
      const judged = judgeNextClient(service);
      const client = dial(identity, key, [...extra]);
      const { verdict, facts, leg } = await judged;
      assert.deepEqual(verdict, {
        accepted: true,
        how: facts.resumed && extra[0] === '-sess_in' && version === 'TLSv1.3' ? 'not verified' : 'pre-shared key',
        events: [],
      });
      assert.equal(facts.protocol, version);
      assert.equal(facts.resumed, resumed, 'in TLS 1.3 a pre-shared key looks like a session');
      leg.write(Buffer.from('hello\n'));
      await client.saw(/hello/);
      client.endInput();
      leg.finish();
      drain(leg);
      await client.finished;
    }
    const wrong = judgeNextClient(service).catch((error: unknown) => describeTlsFailure(error).text);
    await dial('a', 'ab'.repeat(16)).finished;
    assert.equal(
      await wrong,
      version === 'TLSv1.3'
        ? 'error:0A0000FD:SSL routines::binder does not verify'
        : 'error:0A000119:SSL routines::decryption failed or bad record mac',
    );
    const unknown = judgeNextClient(service).catch((error: unknown) => describeTlsFailure(error).text);
    await dial('nobody', HEX).finished;
    assert.match(String(await unknown), /^error:0A[0-9A-F]{6}:SSL routines::/);
  });

  test(name('a client, and s_server without certificate'), { skip: requires({ packages: ['openssl'] }) }, async (t) => {
    const program = new Program(['openssl', 's_server', '-accept', '127.0.0.1:0', '-nocert', flag, '-psk', HEX, '-psk_identity', 'a'], {
      keepInput: true,
    });
    t.after(() => program.kill('SIGKILL'));
    const port = Number((await program.saw(/^ACCEPT 127\.0\.0\.1:(\d+)$/m))[1]);
    // what a certificate would have to be does not matter: there is none
    const service = prepare(secrets(t, `a:${HEX}`), 'client', { trust: { caFile: authority().certFile }, verify: { chain: true } });
    for (let visit = 0; visit < 3; visit += 1) {
      const { verdict, leg } = await judgeServerAt(t, service, port, 'localhost');
      assert.deepEqual(verdict, { accepted: true, how: 'pre-shared key', events: [] });
      drain(leg);
      const { endpoint } = service;
      assert.ok(endpoint instanceof TlsClient);
      const arrived = () => endpoint.sessions.begin(destinationOf(port), 'localhost').offered !== undefined;
      await eventually('a session arrives', arrived);
      leg.finish();
    }
    const wrong = prepare(secrets(t, `a:${'ab'.repeat(16)}`), 'client');
    await assert.rejects(judgeServerAt(t, wrong, port, 'localhost'), /alert (decrypt error|illegal parameter|bad record mac)/);
  });

  test(name('a client with a key verifies the certificate of a server without'), async (t) => {
    const own = certificate('server');
    const server = prepareServiceTls(
      serviceConfig({ mode: 'server', tls: { cert: own.certFile, key: own.keyFile, maxVersion: version } }),
      () => undefined,
    );
    const port = await listenAs(t, server);
    const psk = secrets(t, `a:${HEX}`);
    const verify = { chain: true, serverName: true };
    const good = prepare(psk, 'client', { trust: { caFile: authority().certFile }, verify });
    const bad = prepare(psk, 'client', { trust: { caFile: authority('stranger').certFile }, verify });
    for (let visit = 0; visit < 2; visit += 1) {
      const { verdict } = await judgeServerAt(t, good, port, 'localhost');
      assert.equal(verdict.accepted && verdict.how, 'chain and name');
      assert.equal((await judgeServerAt(t, bad, port, 'localhost')).verdict.accepted, false);
    }
  });

  test(name('a server that takes keys or client certificates lets in nobody with neither'), async (t) => {
    const own = certificate('server');
    const verify = { chain: true, request: true, require: true };
    const service = prepare(secrets(t, `a:${HEX}`), 'server', {
      tls: { cert: own.certFile, key: own.keyFile, maxVersion: version },
      trust: { caFile: authority().certFile },
      verify,
    });
    const port = await listenAs(t, service);
    const nobody = prepareServiceTls(serviceConfig(), () => undefined);
    for (let visit = 0; visit < 3; visit += 1) {
      const judged = judgeNextClient(service);
      const refused = judgeServerAt(t, nobody, port, 'localhost').catch((cause: Error) => cause.message);
      const { verdict, facts } = await judged;
      assert.deepEqual([verdict.accepted, facts.resumed], [false, false]);
      const seen = await refused; // in TLS 1.3 a client has finished before it is refused
      if (typeof seen !== 'string') seen.leg.end('close');
    }
  });
}
