/**
 * Which alert each refusal sends: reason, mode and version of TLS, as the `openssl` program at the other end names it. What a verdict that
 * has to wait means for a client is the one exception: a close and no alert.
 */
// Tests: src/tls/verdict/alert.ts, src/openssl/context/answers.ts
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, selfSigned, store, strangersCertificate } from '../support/data/certificates.ts';
import type { TcpServer } from '../support/net/tcp.ts';
import { ending, listen, startDial } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, section, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startResponder } from '../support/peers/ocsp.ts';
import type { OpensslServer } from '../support/peers/openssl.ts';
import { startOpensslClient, startOpensslServer } from '../support/peers/openssl.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const FLAGS = { 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' } as const;

const CHAIN: Options = { verifyChain: true, CAfile: authority().certFile };
const server = certificate('server');
const client = certificate('client');
/** For either end: a name that the strict profile does not take. */
const unusual = store(
  'alerts-wildcard',
  authority().issue({ subject: 'CN=wildcard', dnsNames: ['f*.example.test'], usages: ['clientAuth', 'serverAuth'] }),
);
const weak = certificate('weak-key');

/** What is wrong with the certificate of the other end; the same in both modes. */
interface Reason {
  readonly shown: Stored;
  readonly options: Options;
  /** As the program says it after `alert`. */
  readonly alert: string;
  /** Further arguments of the program. */
  readonly peer?: readonly string[];
}

/** @param good an acceptable certificate of that mode */
function reasons(good: Stored, files: Readonly<Record<string, string>>): Readonly<Record<string, Reason>> {
  return {
    expired: { shown: certificate('expired'), options: CHAIN, alert: 'certificate expired' },
    'not yet valid': { shown: certificate('not-yet-valid'), options: CHAIN, alert: 'bad certificate' },
    'unknown authority': { shown: strangersCertificate(), options: CHAIN, alert: 'unknown ca' },
    'self-signed': { shown: selfSigned(), options: CHAIN, alert: 'unknown ca' },
    revoked: { shown: good, options: { ...CHAIN, CRLfile: files['revoked.pem'] }, alert: 'certificate revoked' },
    'no CRL of its authority': { shown: good, options: { ...CHAIN, CRLfile: files['other.pem'] }, alert: 'unknown ca' },
    'another purpose': { shown: certificate('wrong-usage'), options: CHAIN, alert: 'unsupported certificate' },
    'another name': { shown: good, options: { ...CHAIN, checkHost: 'elsewhere.test' }, alert: 'bad certificate' },
    'another address': { shown: good, options: { ...CHAIN, checkIP: '192.0.2.7' }, alert: 'bad certificate' },
    'another pin': { shown: good, options: { pin: `sha256:${strangersCertificate().pin}` }, alert: 'bad certificate' },
    'not in the repository': { shown: good, options: { verify: 4, CAfile: strangersCertificate().certFile }, alert: 'bad certificate' },
    profile: { shown: unusual, options: { ...CHAIN, certProfile: 'strict' }, alert: 'bad certificate' },
    'a weak key': {
      shown: weak,
      options: CHAIN,
      alert: 'bad certificate',
      peer: ['-cipher', 'DEFAULT:@SECLEVEL=0'],
    },
  };
}

suite('the alert of each refusal', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let strict: Daemon;
  let backend: TcpServer;
  const files = writeFiles(tempFolder(t), {
    'revoked.pem': authority().revoke([server, client]),
    'other.pem': authority('stranger').revoke([]),
    'psk.key': `a:${'01'.repeat(16)}\n`,
  });
  const toServers = reasons(server, files);
  const toClients = reasons(client, files);
  const servers = new Map<string, OpensslServer>();

  /** One s_server for all rows that show the same. */
  async function serverFor({ shown, peer = [] }: Reason): Promise<OpensslServer> {
    const key = `${shown.certFile} ${peer.join(' ')}`;
    const known = servers.get(key);
    if (known !== undefined) return known;
    const started = await startOpensslServer(shown.certFile, shown.keyFile, [...peer]);
    t.after(() => started.program.stop('SIGKILL').then(() => undefined));
    servers.set(key, started);
    return started;
  }

  before(async () => {
    backend = await listen(t, (socket) => socket.end('welcome\n'));
    /** One for each, so that none knows the answer already. */
    const responder = (): Promise<string> => startResponder(t, { authority: authority(), revoked: [server, client] });
    const sections: string[] = [];
    for (const [name, reason] of Object.entries(toServers)) {
      const { port } = await serverFor(reason);
      for (const version of VERSIONS)
        sections.push(clientSection(`client ${name} ${version}`, { connect: port, sslVersion: version, ...reason.options }));
    }
    const { port } = await serverFor({ shown: server, options: {}, alert: '' });
    for (const version of VERSIONS)
      sections.push(clientSection(`client ocsp ${version}`, { connect: port, sslVersion: version, ...CHAIN, OCSP: await responder() }));
    const inward: Options = { connect: backend.port, ...identity() };
    for (const [name, { options }] of Object.entries(toClients)) sections.push(serverSection(`server ${name}`, { ...inward, ...options }));
    sections.push(
      serverSection('asking', { ...inward, ...CHAIN }),
      serverSection('newest', { ...inward, sslVersion: 'TLSv1.3' }),
      serverSection('older', { ...inward, sslVersion: 'TLSv1.2' }),
      serverSection('suites', { ...inward, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', ciphersuites: 'TLS_AES_128_GCM_SHA256' }),
      serverSection('groups', { ...inward, curves: 'P-384' }),
      serverSection('protocols', { ...inward, alpn: 'mqtt' }),
      serverSection('psk', { connect: backend.port, cert: undefined, PSKsecrets: files['psk.key'], ciphers: 'PSK' }),
    );
    for (const version of VERSIONS)
      sections.push(serverSection(`ocsp ${version}`, { ...inward, ...CHAIN, sslVersion: version, OCSP: await responder() }));
    daemon = await startDaemon(t, { config: sections.join('') });
    const hosts = serverSection('primary', inward) + section('one', { ...inward, sni: 'primary:one.test' });
    strict = await startDaemon(t, { config: hosts, args: ['--strict'] });
  });

  for (const version of VERSIONS) {
    for (const [name, { alert }] of Object.entries({ ...toServers, ocsp: { alert: 'certificate revoked' } }))
      test(`client mode, ${version}: ${name}: ${alert}`, async (t) => {
        const { program } = await serverFor(toServers[name] ?? { shown: server, options: {}, alert });
        const before = program.output.length;
        const dialled = startDial(t, await daemon.port(`client ${name} ${version}`));
        assert.equal(await ending(dialled), 'ECONNRESET');
        const said = await program.until((output) => alertOf(output.slice(before)));
        assert.equal(said, alert, program.output.slice(before));
      });

    for (const [name, { shown, alert, peer = [] }] of Object.entries(toClients))
      test(`server mode, ${version}: ${name}: ${alert}`, async () => {
        await refused(await daemon.port(`server ${name}`), [FLAGS[version], ...as(shown), ...peer], alert);
      });

    test(`server mode, ${version}: a verdict that has to wait: a close and no alert`, async () => {
      const from = daemon.lines.length;
      const program = startOpensslClient(`127.0.0.1:${await daemon.port(`ocsp ${version}`)}`, [...as(client)]);
      await program.finished;
      assert.equal(alertOf(program.output), undefined, program.output);
      assert.doesNotMatch(program.output, /welcome/);
      await daemon.line('Rejected by OCSP at depth=0: CN=client', { from });
    });

    test(`server mode, ${version}: the next one, whose verdict is known: certificate revoked`, async () => {
      await refused(await daemon.port(`ocsp ${version}`), as(client), 'certificate revoked');
    });
  }

  interface Row {
    readonly name: string;
    readonly service: string;
    readonly peer: readonly string[];
    readonly alert: string;
    /** In the log, where the reason is one of ours. */
    readonly told?: RegExp;
  }
  const NO_IDENTITY = /Connection failed: .*the client names no identity of `PSKsecrets`.*Compare PSKidentity and PSKsecrets/;
  const OTHER_KEY = /Connection failed: .*the pre-shared key of the client is another than ours/;
  const ROWS: readonly Row[] = [
    { name: 'no certificate, TLSv1.2', service: 'asking', peer: ['-tls1_2'], alert: 'handshake failure' },
    { name: 'no certificate, TLSv1.3', service: 'asking', peer: ['-tls1_3'], alert: 'certificate required' },
    { name: 'an older version', service: 'newest', peer: ['-tls1_2'], alert: 'protocol version' },
    { name: 'a newer version', service: 'older', peer: ['-tls1_3'], alert: 'protocol version' },
    { name: 'TLS 1.1', service: 'suites', peer: ['-tls1_1', '-cipher', 'DEFAULT:@SECLEVEL=0'], alert: 'protocol version' },
    { name: 'a fallback', service: 'asking', peer: ['-tls1_2', '-fallback_scsv'], alert: 'inappropriate fallback' },
    {
      name: 'no suite in common, TLSv1.2',
      service: 'suites',
      peer: ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
      alert: 'handshake failure',
    },
    {
      name: 'no suite in common, TLSv1.3',
      service: 'suites',
      peer: ['-tls1_3', '-ciphersuites', 'TLS_AES_256_GCM_SHA384'],
      alert: 'handshake failure',
    },
    { name: 'no group in common, TLSv1.2', service: 'groups', peer: ['-tls1_2', '-groups', 'X25519'], alert: 'handshake failure' },
    { name: 'no group in common, TLSv1.3', service: 'groups', peer: ['-tls1_3', '-groups', 'X25519'], alert: 'handshake failure' },
    { name: 'no signature in common, TLSv1.2', service: 'suites', peer: ['-tls1_2', '-sigalgs', 'RSA+SHA256'], alert: 'handshake failure' },
    {
      name: 'no signature in common, TLSv1.3',
      service: 'suites',
      peer: ['-tls1_3', '-sigalgs', 'rsa_pss_rsae_sha256'],
      alert: 'handshake failure',
    },
    { name: 'no protocol in common, TLSv1.2', service: 'protocols', peer: ['-tls1_2', '-alpn', 'h2'], alert: 'no application protocol' },
    { name: 'no protocol in common, TLSv1.3', service: 'protocols', peer: ['-tls1_3', '-alpn', 'h2'], alert: 'no application protocol' },
    {
      name: 'an unknown identity of a pre-shared key, TLSv1.2',
      service: 'psk',
      peer: ['-tls1_2', '-cipher', 'PSK', '-psk', '01'.repeat(16), '-psk_identity', 'b'],
      alert: 'unknown psk identity',
      told: NO_IDENTITY,
    },
    {
      name: 'an unknown identity of a pre-shared key, TLSv1.3',
      service: 'psk',
      peer: ['-tls1_3', '-psk', '01'.repeat(16), '-psk_identity', 'b', '-ciphersuites', 'TLS_AES_128_GCM_SHA256'],
      alert: 'handshake failure',
      told: NO_IDENTITY,
    },
    {
      name: 'another pre-shared key, TLSv1.2',
      service: 'psk',
      peer: ['-tls1_2', '-cipher', 'PSK', '-psk', '02'.repeat(16), '-psk_identity', 'a'],
      alert: 'bad record mac',
      told: OTHER_KEY,
    },
    {
      name: 'another pre-shared key, TLSv1.3',
      service: 'psk',
      peer: ['-tls1_3', '-psk', '02'.repeat(16), '-psk_identity', 'a', '-ciphersuites', 'TLS_AES_128_GCM_SHA256'],
      alert: 'decrypt error',
      told: OTHER_KEY,
    },
  ];
  for (const { name, service, peer, alert, told } of ROWS)
    test(`server mode: ${name}: ${alert}`, async () => {
      const from = daemon.lines.length;
      await refused(await daemon.port(service), peer, alert);
      if (told !== undefined) await daemon.line(told, { from });
    });

  for (const version of VERSIONS)
    test(`server mode, --strict, ${version}: an unknown server name: unrecognized name`, async () =>
      refused(await strict.port('primary'), [FLAGS[version], '-servername', 'nowhere.test'], 'unrecognized name'));

  test('nobody got anywhere, and nothing is left open', async () => {
    assert.equal(backend.accepted.length, 0);
    await daemon.stop();
    await strict.stop();
  });

  async function refused(port: number, peer: readonly string[], alert: string): Promise<void> {
    const program = startOpensslClient(`127.0.0.1:${port}`, [...peer]);
    await program.finished;
    assert.equal(alertOf(program.output), alert, program.output);
  }
});

function as({ certFile, keyFile }: Stored): readonly string[] {
  return ['-cert', certFile, '-key', keyFile];
}

/** The alert that came, by the name the program has for it; older versions put `sslv3` or `tlsv1` before that. */
function alertOf(output: string): string | undefined {
  return (
    output.match(/:(?:sslv3 |tlsv1 |tlsv13 )?alert ([a-z ]+):[^\n]*SSL alert number \d+/)?.[1] ??
    output.match(/:(?:sslv3 |tlsv1 |tlsv13 )([a-z ]+):[^\n]*SSL alert number \d+/)?.[1]
  );
}
