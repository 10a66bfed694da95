/**
 * TLS of other makes at the other end, beside OpenSSL's own (openssl.test.ts): GnuTLS and NSS, as clients and as servers, TLS 1.2 and 1.3,
 * every kind of key they have, client certificates, pre-shared keys, stapled OCSP responses, ALPN, SNI, resumption. Each row verifies, and
 * carries text both ways.
 */
// Tests: src/tls/engine/tls-client.ts, src/tls/engine/tls-server.ts
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { readCertificate } from '../../src/tls/certificate/certificate-facts.ts';
import { encodeOcspRequest } from '../../src/tls/revocation/ocsp-request.ts';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, store } from '../support/data/certificates.ts';
import { dial, listen, readExactly, startDial } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { gnutlsPriority, startGnutlsClient, startGnutlsServer } from '../support/peers/gnutls.ts';
import { makeNssDatabase, nssVersion, startNssClient, startNssServer } from '../support/peers/nss.ts';
import { responseOf } from '../support/peers/ocsp.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];
const PSK = '00112233445566778899aabbccddeeff';
const CHAIN: Options = { verifyChain: true, CAfile: authority().certFile };
const client = certificate('client');
const LOCAL = { dnsNames: ['localhost', 'other.test'], ipAddresses: ['127.0.0.1'] };
const ecdsa = store('interop-ecdsa', authority().issue({ ...LOCAL, subject: 'CN=ecdsa' }));
const rsa = store('interop-rsa', authority().issue({ ...LOCAL, subject: 'CN=rsa', key: 'rsa' }));
const ed25519 = store('interop-ed25519', authority().issue({ ...LOCAL, subject: 'CN=ed25519', key: 'ed25519' }));
const KEYS = { ecdsa, rsa, ed25519 } as const;

/** A client of another make, and the service it comes to. */
interface Coming {
  readonly service: string;
  readonly start: (port: number, version: Version) => Program;
  /** In its output; text of ours beside. */
  readonly says?: RegExp;
  /** In our log. */
  readonly line?: RegExp;
  readonly only?: Version;
  /** It comes back with its session. */
  readonly twice?: boolean;
}

/** A server of another make, and the options of the service that dials it. */
interface Going {
  readonly options: Options;
  readonly start: () => Promise<{ readonly port: number }>;
  /** What it is sent, and how what it answers begins. */
  readonly talk: readonly [question: string, answer: string];
  readonly line?: RegExp;
  /** It is come back to. */
  readonly twice?: boolean;
}

const packages = ['openssl', 'gnutls-bin', 'libnss3-tools'];

suite('TLS of other makes', { skip: requires({ packages }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let database = '';
  let staple = '';
  const files = writeFiles(tempFolder(t), { 'psk.key': `somebody:${PSK}\n`, request: 'to the server\n' });

  const gnutls = (version: Version, port: number, ...options: readonly string[]): Program =>
    startGnutlsClient(port, ['--priority', gnutlsPriority(version), ...options]);
  const nss = (version: Version, port: number, name = 'localhost', ...options: readonly string[]): Program =>
    startNssClient(port, database, name, [...nssVersion(version), ...options]);
  const certFlags = ({ certFile, keyFile }: Stored): readonly string[] => ['--x509certfile', certFile, '--x509keyfile', keyFile];
  const ECHO = ['hello\n', 'hello\n'] as const;
  const HTTP = ['GET / HTTP/1.0\r\n\r\n', 'HTTP/1.0 200 OK'] as const;

  const COMING: Readonly<Record<string, Coming>> = {
    'GnuTLS, ECDSA': { service: 'ecdsa', start: (port, version) => gnutls(version, port), says: /\(ECDSA-(SECP256R1-)?SHA256\)/ },
    'GnuTLS, RSA': { service: 'rsa', start: (port, version) => gnutls(version, port), says: /\(RSA(-PSS-RSAE)?-SHA256\)/ },
    'GnuTLS, Ed25519': { service: 'ed25519', start: (port, version) => gnutls(version, port), says: /\(EdDSA-Ed25519\)/ },
    'GnuTLS, a client certificate': {
      service: 'asking',
      start: (port, version) => gnutls(version, port, ...certFlags(client)),
      line: /Certificate accepted at depth=0: CN=client/,
    },
    'GnuTLS, ALPN': {
      service: 'protocols',
      start: (port, version) => gnutls(version, port, '--alpn', 'mqtt'),
      says: /Application protocol: mqtt/,
    },
    'GnuTLS, SNI': {
      service: 'ecdsa',
      start: (port, version) => gnutls(version, port, '--sni-hostname', 'other.test'),
      line: /SNI: switched to service \[other\]/,
    },
    'GnuTLS, a pre-shared key': {
      service: 'psk',
      start: (port, version) =>
        startGnutlsClient(port, [
          '--priority',
          gnutlsPriority(version, version === 'TLSv1.2' ? ':-KX-ALL:+ECDHE-PSK' : ':+DHE-PSK:+ECDHE-PSK:+PSK'),
          '--pskusername',
          'somebody',
          '--pskkey',
          PSK,
        ]),
      says: /PSK authentication\. Connected as 'somebody'/,
      only: 'TLSv1.3', // gnutls-cli 3.7 crashes behind its handshake of TLS 1.2; its server takes both, below
    },
    'GnuTLS, resumption': {
      service: 'rsa',
      start: (port, version) => gnutls(version, port, '--resume', '--waitresumption'),
      says: /This is a resumed session/,
      line: /TLS accepted: previous session reused/,
    },
    'NSS, ECDSA': { service: 'ecdsa', start: (port, version) => nss(version, port) },
    'NSS, RSA': { service: 'rsa', start: (port, version) => nss(version, port) },
    'NSS, a client certificate': {
      service: 'asking',
      start: (port, version) => nss(version, port, 'localhost', '-n', 'client'),
      line: /Certificate accepted at depth=0: CN=client/,
    },
    'NSS, a pre-shared key': {
      service: 'psk',
      start: (port, version) => nss(version, port, 'localhost', '-z', `0x${PSK}:somebody`),
      only: 'TLSv1.3',
    },
    'NSS, SNI': {
      service: 'ecdsa',
      start: (port, version) => nss(version, port, 'other.test'),
      line: /SNI: switched to service \[other\]/,
    },
    // Without -u it asks for no ticket in TLS 1.2, so the id of the session is what it comes back with.
    'NSS, resumption': {
      service: 'rsa',
      start: (port, version) => nss(version, port, 'localhost', '-L', '2', '-A', files.request),
      twice: true,
      line: /TLS accepted: previous session reused/,
    },
    'NSS, resumption by ticket': {
      service: 'rsa',
      start: (port, version) => nss(version, port, 'localhost', '-u', '-L', '2', '-A', files.request),
      twice: true,
      line: /TLS accepted: previous session reused/,
    },
  };

  const GOING: Readonly<Record<string, Going>> = {
    ...Object.fromEntries(
      Object.entries(KEYS).map(([name, shown]) => [
        `GnuTLS, ${name}`,
        {
          options: verified(),
          start: () => startGnutlsServer(t, ['-a', ...certFlags(shown)]),
          talk: ECHO,
          line: /Certificate accepted at depth=0: CN=/,
        },
      ]),
    ),
    'GnuTLS, a client certificate': {
      options: { ...verified(), ...identity(client) },
      start: () => startGnutlsServer(t, ['-r', '--verify-client-cert', '--x509cafile', authority().certFile, ...certFlags(ecdsa)]),
      talk: ECHO,
    },
    'GnuTLS, ALPN': {
      options: { ...verified(), alpn: 'mqtt' },
      start: () => startGnutlsServer(t, ['-a', '--alpn', 'mqtt', '--alpn-fatal', ...certFlags(ecdsa)]),
      talk: ECHO,
    },
    'GnuTLS, SNI': {
      options: verified(),
      start: () => startGnutlsServer(t, ['-a', '--sni-hostname', 'localhost', '--sni-hostname-fatal', ...certFlags(ecdsa)]),
      talk: ECHO,
    },
    'GnuTLS, a pre-shared key': {
      options: { PSKsecrets: files['psk.key'], ciphers: 'PSK', ciphersuites: 'TLS_AES_128_GCM_SHA256' },
      start: () => startGnutlsServer(t, ['-a', '--pskpasswd', files['psk.key'], '--priority', 'NORMAL:+ECDHE-PSK:+DHE-PSK:+PSK']),
      talk: ECHO,
    },
    'GnuTLS, a staple': {
      options: { ...CHAIN, OCSP: 'http://127.0.0.1:1/', TIMEOUTocsp: 2 },
      start: () => startGnutlsServer(t, ['-a', '--ocsp-response', staple, ...certFlags(ecdsa)]),
      talk: ECHO,
      line: /OCSP: Accepted \(good\)/,
    },
    'NSS, RSA and ECDSA': {
      options: verified(),
      start: () => startNssServer(t, database, ['-n', 'rsa', '-e', 'ecdsa']),
      talk: HTTP,
    },
    'NSS, RSA': { options: verified(), start: () => startNssServer(t, database, ['-n', 'rsa']), talk: HTTP },
    // selfserv signs it with SHA-1, which only the security level 0 takes
    'NSS, a staple': {
      options: { ...CHAIN, OCSP: 'http://127.0.0.1:1/', TIMEOUTocsp: 2, securityLevel: 0 },
      start: () => startNssServer(t, database, ['-n', 'rsa', '-T', 'good', '-A', 'ca']),
      talk: HTTP,
      line: /OCSP: Accepted \(good\)/,
    },
    'NSS, a client certificate': {
      options: { ...verified(), ...identity(client) },
      start: () => startNssServer(t, database, ['-n', 'rsa', '-r', '-r']),
      talk: HTTP,
    },
    'NSS, ALPN': {
      options: { ...verified(), alpn: 'http/1.1' },
      start: () => startNssServer(t, database, ['-n', 'rsa', '-Q']),
      talk: HTTP,
    },
    'NSS, resumption': {
      options: verified(),
      start: () => startNssServer(t, database, ['-n', 'rsa', '-u']),
      talk: HTTP,
      twice: true,
      line: /TLS connected: previous session reused/,
    },
  };

  before(async () => {
    const backend = await listen(t, answerOnce);
    const folder = tempFolder(t);
    database = await makeNssDatabase(t, { rsa, ecdsa, client });
    const [leaf, issuer] = [readCertificate(ecdsa.x509.raw), readCertificate(authority().x509.raw)];
    assert.ok(leaf !== undefined && issuer !== undefined);
    staple = join(folder, 'staple.der');
    const asked = encodeOcspRequest({ certificate: leaf, issuer, nonce: undefined });
    writeFileSync(staple, await responseOf(t, asked, { authority: authority(), good: [ecdsa], extra: ['-ndays', '7'] }));
    const inward: Options = { connect: backend.port };
    const sections = [
      ...Object.entries(KEYS).map(([name, shown]) => serverSection(name, { ...inward, ...identity(shown) })),
      section('other', { ...inward, ...identity(ecdsa), sni: 'ecdsa:other.test' }),
      serverSection('asking', { ...inward, ...identity(ecdsa), ...CHAIN }),
      serverSection('protocols', { ...inward, ...identity(ecdsa), alpn: 'h2,mqtt' }),
      serverSection('psk', {
        ...inward,
        cert: undefined,
        PSKsecrets: files['psk.key'],
        ciphers: 'PSK',
        ciphersuites: 'TLS_AES_128_GCM_SHA256',
      }),
    ];
    for (const [name, { options, start }] of Object.entries(GOING)) {
      const { port } = await start();
      for (const version of VERSIONS)
        sections.push(clientSection(`to ${name} ${version}`, { connect: port, sslVersion: version, ...options }));
    }
    const { port: web } = await startNssServer(t, database, ['-n', 'rsa', '-Q']);
    for (const version of VERSIONS)
      sections.push(clientSection(`refused by NSS ${version}`, { connect: web, sslVersion: version, ...verified(), alpn: 'mqtt' }));
    daemon = await startDaemon(t, { config: sections.join('') });
  });

  for (const version of VERSIONS) {
    for (const [name, { service, start, says, line, only, twice = false }] of Object.entries(COMING)) {
      if (only !== undefined && only !== version) continue;
      test(`${name} comes, ${version}`, async () => {
        const from = daemon.lines.length;
        const program = start(await daemon.port(service), version);
        program.write('to the server\n');
        await program.saw(/to the client/);
        if (twice) await program.saw(/to the client[\s\S]*to the client/); // what it says, it has from a file
        if (says !== undefined) assert.match(program.output, says);
        await daemon.line(`${version} ciphersuite:`, { from });
        if (line !== undefined) await daemon.line(line, { from });
        program.endInput();
        await program.stop('SIGKILL');
      });
    }

    for (const [name, { talk, line, twice = false }] of Object.entries(GOING)) {
      test(`to ${name}, ${version}`, async (t) => {
        const from = daemon.lines.length;
        for (let visits = twice ? 2 : 1; visits > 0; visits -= 1) {
          const socket = await dial(t, await daemon.port(`to ${name} ${version}`));
          const [question, answer] = talk;
          socket.write(question);
          assert.equal((await readExactly(socket, answer.length)).toString(), answer);
          socket.destroy();
        }
        await daemon.line(`${version} ciphersuite:`, { from });
        if (line !== undefined) await daemon.line(line, { from });
      });
    }
  }

  test('NSS 3.87 knows no Ed25519 and, as a server, refuses a protocol it does not have: alerts both ways', async (t) => {
    for (const version of VERSIONS) {
      const from = daemon.lines.length;
      const program = nss(version, await daemon.port('ed25519'));
      await daemon.line(/no suitable signature algorithm|no shared cipher/, { from });
      await program.stop('SIGKILL');
      const other = startDial(t, await daemon.port(`refused by NSS ${version}`));
      await daemon.line(/no application protocol/, { from });
      other.destroy();
    }
  });

  test('nothing is left open', () => daemon.stop());
});

/** Who says "to the server" is told "to the client"; who says nothing, nothing. */
function answerOnce(socket: Socket): void {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk;
    if (text.includes('to the server\n')) socket.end('to the client\n');
  });
  socket.on('end', () => socket.end());
}
