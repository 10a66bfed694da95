/**
 * Every option that decides the TLS connection, in a running daemon against OpenSSL's own s_server and s_client: what it lets through
 * and what it refuses, with the log line for it. One daemon has a section for each row.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { before, suite, test } from 'node:test';
import { authority, certificate, chainedCertificate, selfSigned, store, strangersCertificate } from '../support/data/certificates.ts';
import type { TcpServer } from '../support/net/tcp.ts';
import { dial, ending, listen, startDial } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startResponder } from '../support/peers/ocsp.ts';
import type { OpensslServer } from '../support/peers/openssl.ts';
import { startOpensslClient, startOpensslServer } from '../support/peers/openssl.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const CA = authority().certFile;
const server = certificate('server');
const rsa = certificate('rsa');
const VERIFIED = `verifyChain = yes\nCAfile = ${CA}`;
const PSK = '0123456789abcdef0123456789abcdef';

interface Row {
  readonly name: string;
  /** Lines of the section. */
  readonly options: string;
  /** Arguments of the openssl command at the other end. */
  readonly peer?: readonly string[];
  /** Certificate of s_server, or of s_client. */
  readonly shown?: { readonly certFile: string; readonly keyFile: string };
  /** A line of the log that tells the outcome. */
  readonly line: RegExp;
}

/** Client mode: s_server at the other end. */
const CARRIED: readonly Row[] = [
  { name: 'sslVersion', options: 'sslVersion = TLSv1.2', line: /TLSv1\.2 ciphersuite: ECDHE-ECDSA-/ },
  { name: 'sslVersionMin', options: 'sslVersionMin = TLSv1.3', line: /TLSv1\.3 ciphersuite: TLS_/ },
  { name: 'sslVersionMax', options: 'sslVersionMax = TLSv1.2', line: /TLSv1\.2 ciphersuite/ },
  { name: 'options', options: 'options = NO_TLSv1_3', line: /TLSv1\.2 ciphersuite/ },
  { name: 'options, minus', options: 'options = NO_TLSv1_3\noptions = -NO_TLSv1_3', line: /TLSv1\.3 ciphersuite/ },
  { name: 'config = MaxProtocol', options: 'config = MaxProtocol:TLSv1.2', line: /TLSv1\.2 ciphersuite/ },
  { name: 'config = Groups', options: 'config = Groups:P-384', line: /Peer temporary key: ECDH, P-384, 384 bits/ },
  { name: 'config = Ciphersuites', options: 'config = Ciphersuites:TLS_AES_128_GCM_SHA256', line: /TLS_AES_128_GCM_SHA256 \(128-bit/ },
  { name: 'config = SignatureAlgorithms', options: 'config = SignatureAlgorithms:ECDSA+SHA256', line: /TLSv1\.3 ciphersuite/ },
  {
    name: 'ciphers',
    options: 'sslVersion = TLSv1.2\nciphers = ECDHE-ECDSA-CHACHA20-POLY1305',
    line: /TLSv1\.2 ciphersuite: ECDHE-ECDSA-CHACHA20-POLY1305 \(256-bit encryption\)/,
  },
  { name: 'ciphersuites', options: 'ciphersuites = TLS_CHACHA20_POLY1305_SHA256', line: /TLS_CHACHA20_POLY1305_SHA256 \(256-bit/ },
  { name: 'curves', options: 'curves = X448', line: /Peer temporary key: X448, 448 bits/ },
  // Hybrid where the peer is OpenSSL 3.5 or later.
  { name: 'default group', options: '', line: /Peer temporary key: X25519(, 253 bits|MLKEM768)/ },
  {
    name: 'securityLevel = 0',
    options: `securityLevel = 0\n${VERIFIED}`,
    shown: certificate('weak-key'),
    peer: ['-cipher', 'DEFAULT:@SECLEVEL=0'],
    line: /Certificate accepted at depth=0/,
  },
  {
    name: 'TLSv1 at level 0',
    options: 'sslVersion = TLSv1\nsecurityLevel = 0',
    peer: ['-tls1', '-cipher', 'DEFAULT:@SECLEVEL=0'],
    line: /TLSv1 ciphersuite/,
  },
  { name: 'verifyChain', options: VERIFIED, line: /Certificate accepted at depth=0: CN=localhost/ },
  { name: 'verify = 2', options: `verify = 2\nCAfile = ${CA}`, line: /Certificate accepted at depth=0: CN=localhost/ },
  { name: 'CAstore', options: `verifyChain = yes\nCAstore = file:${CA}`, line: /Certificate accepted at depth=1/ },
  { name: 'verify = 4', options: `verify = 4\nCAfile = ${server.certFile}`, line: /CERT: Locally installed certificate matched/ },
  {
    name: 'verifyPeer',
    options: `verifyPeer = yes\nCAfile = ${selfSigned().certFile}`,
    shown: selfSigned(),
    line: /Locally installed certificate matched/,
  },
  { name: 'checkHost', options: `${VERIFIED}\ncheckHost = localhost`, line: /CERT: Host name "localhost" matched with "localhost"/ },
  { name: 'checkIP', options: `${VERIFIED}\ncheckIP = 127.0.0.1`, line: /CERT: IP address "127\.0\.0\.1" matched/ },
  { name: 'pin', options: `pin = sha256:${server.pin}`, line: /CERT: Pinned public key matched/ },
  { name: 'certProfile', options: `${VERIFIED}\ncertProfile = strict`, line: /Certificate accepted at depth=0/ },
  { name: 'alpn', options: 'alpn = mqtt', peer: ['-alpn', 'mqtt'], line: /TLSv1\.3 ciphersuite/ },
  { name: 'sni', options: 'sni = name.test', line: /SNI: sending servername: name\.test/ },
  { name: 'sni, empty', options: 'sni =', line: /SNI: extension disabled/ },
  { name: 'sni from connect: an address is not sent', options: '', line: /SNI: extension disabled/ },
  { name: 'renegotiation', options: 'renegotiation = no\nsslVersion = TLSv1.2', line: /TLSv1\.2 ciphersuite/ },
  {
    name: 'cert and key',
    options: `cert = ${server.certFile}\nkey = ${server.keyFile}`,
    peer: ['-Verify', '1', '-CAfile', CA, '-verify_return_error'],
    line: /TLSv1\.3 ciphersuite/,
  },
];

const REFUSED: readonly Row[] = [
  {
    name: 'sslVersion',
    options: 'sslVersion = TLSv1.2',
    peer: ['-tls1_3'],
    line: /SSL_connect: error:0A[0-9A-F]{6}:SSL routines::.*protocol version/,
  },
  { name: 'sslVersionMin', options: 'sslVersionMin = TLSv1.3', peer: ['-tls1_2'], line: /SSL_connect: error:.*protocol/ },
  { name: 'sslVersionMax', options: 'sslVersionMax = TLSv1.2', peer: ['-tls1_3'], line: /SSL_connect: error:.*protocol version/ },
  {
    name: 'TLSv1 at the default level',
    options: 'sslVersion = TLSv1',
    peer: ['-tls1', '-cipher', 'DEFAULT:@SECLEVEL=0'],
    line: /SSL_connect: error:/,
  },
  { name: 'options', options: 'options = NO_TLSv1_3', peer: ['-tls1_3'], line: /SSL_connect: error:.*protocol version/ },
  {
    name: 'ciphers',
    options: 'sslVersion = TLSv1.2\nciphers = ECDHE-ECDSA-CHACHA20-POLY1305',
    peer: ['-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
    line: /SSL_connect: error:.*alert handshake failure/,
  },
  {
    name: 'ciphersuites',
    options: 'ciphersuites = TLS_CHACHA20_POLY1305_SHA256',
    peer: ['-ciphersuites', 'TLS_AES_256_GCM_SHA384', '-tls1_3'],
    line: /SSL_connect: error:.*handshake failure/,
  },
  {
    name: 'curves',
    options: 'curves = X448\nsslVersion = TLSv1.3',
    peer: ['-groups', 'P-256'],
    line: /SSL_connect: error:.*handshake failure/,
  },
  {
    name: 'config = SignatureAlgorithms',
    options: 'config = SignatureAlgorithms:RSA-PSS+SHA256',
    line: /SSL_connect: error:.*handshake failure/,
  },
  {
    name: 'securityLevel',
    options: `securityLevel = 3\n${VERIFIED}`,
    shown: rsa,
    line: /CERT: Pre-verification error: EE certificate key too weak/,
  },
  {
    name: 'verifyChain',
    options: VERIFIED,
    shown: strangersCertificate(),
    line: /CERT: Pre-verification error: unable to get local issuer certificate/,
  },
  {
    name: 'verifyChain, self-signed',
    options: VERIFIED,
    shown: selfSigned(),
    line: /CERT: Pre-verification error: self-signed certificate/,
  },
  {
    name: 'verifyChain, expired',
    options: VERIFIED,
    shown: certificate('expired'),
    line: /CERT: Pre-verification error: certificate has expired/,
  },
  {
    name: 'verify = 4',
    options: `verify = 4\nCAfile = ${server.certFile}`,
    shown: rsa,
    line: /CERT: Certificate not found in local repository/,
  },
  { name: 'verify = 3', options: `verify = 3\nCAfile = ${CA}`, line: /CERT: Certificate not found in local repository/ },
  { name: 'checkHost', options: `${VERIFIED}\ncheckHost = other.test`, line: /CERT: Subject checks failed/ },
  { name: 'checkIP', options: `${VERIFIED}\ncheckIP = 192.0.2.1`, line: /CERT: Subject checks failed/ },
  { name: 'checkEmail', options: `${VERIFIED}\ncheckEmail = a@b.test`, line: /CERT: Subject checks failed/ },
  { name: 'pin', options: `pin = sha256:${rsa.pin}`, line: /CERT: Public key does not match any pin/ },
  {
    name: 'certProfile',
    options: `${VERIFIED}\ncertProfile = strict`,
    shown: store('options-no-san', authority().issue({ subject: 'CN=localhost' })),
    line: /CERT: Pre-verification error: strict certificate profile: no subjectAltName/,
  },
  { name: 'alpn', options: 'alpn = mqtt', peer: ['-alpn', 'h2'], line: /SSL_connect: error:.*no application protocol/ },
  {
    name: 'a peer that wants a certificate',
    options: '',
    peer: ['-Verify', '1', '-tls1_2', '-CAfile', CA, '-verify_return_error'],
    line: /SSL_connect: error:/,
  },
];

suite('TLS options against openssl, client mode', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  const peers = new Map<string, OpensslServer>();

  before(async () => {
    const sections: string[] = [];
    for (const [prefix, rows] of [
      ['good', CARRIED],
      ['bad', REFUSED],
    ] as const) {
      for (const [index, row] of rows.entries()) {
        const { port } = await peerFor(row);
        sections.push(clientSection(`${prefix}-${index}`, { connect: port }, row.options));
      }
    }
    daemon = await startDaemon(t, { config: sections.join('') });
  });

  /** One s_server for all rows that want the same. */
  async function peerFor({ shown = server, peer = [] }: Row): Promise<OpensslServer> {
    const key = JSON.stringify([shown.certFile, peer]);
    const known = peers.get(key);
    if (known !== undefined) return known;
    const started = await startOpensslServer(shown.certFile, shown.keyFile, [...peer]);
    t.after(() => started.program.stop('SIGKILL').then(() => undefined));
    peers.set(key, started);
    return started;
  }

  for (const [index, row] of CARRIED.entries()) {
    test(`${row.name} carries: ${row.options.split('\n')[0]}`, async (t) => {
      const from = daemon.lines.length;
      const peer = await peerFor(row);
      const client = await dial(t, await daemon.port(`good-${index}`));
      client.write(`row ${index} speaks\n`);
      await peer.program.saw(new RegExp(`^row ${index} speaks$`, 'm'));
      await daemon.line(row.line, { from });
      client.destroy();
      await daemon.line(/Connection (closed|reset): /, { from });
    });
  }

  for (const [index, row] of REFUSED.entries()) {
    test(`${row.name} refuses: ${row.options.split('\n')[0]}`, async (t) => {
      const from = daemon.lines.length;
      const peer = await peerFor(row);
      const port = await daemon.port(`bad-${index}`);
      const client = await dial(t, port).catch(() => undefined); // the reset may even be faster
      client?.write(`bad row ${index} speaks\n`);
      if (client !== undefined) assert.equal(await ending(client), 'ECONNRESET');
      await daemon.line(row.line, { from });
      await daemon.line('Connection closed/reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket', { from });
      assert.doesNotMatch(peer.program.output, new RegExp(`bad row ${index} speaks`));
    });
  }

  test('nothing is left open', () => daemon.stop());
});

suite('revocation and keys against openssl, client mode', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;

  before(async () => {
    const folder = tempFolder(t);
    const { 'good.pem': good, 'bad.pem': bad } = writeFiles(folder, {
      'good.pem': authority().revoke([]),
      'bad.pem': authority().revoke([server]),
    });
    const below = chainedCertificate();
    const fine = await startResponder(t, { authority: authority(), good: [server] });
    const gone = await startResponder(t, { authority: authority(), revoked: [server] });
    const { 'psk.key': psk, 'wrong.key': wrong } = writeFiles(folder, { 'psk.key': `a:${PSK}\n`, 'wrong.key': `a:${'ab'.repeat(16)}\n` });
    const plain = await startOpensslServer(server.certFile, server.keyFile, []);
    const chained = await startOpensslServer(below.certFile, below.keyFile, ['-cert_chain', below.certFile]);
    const keyed12 = await startOpensslServer(server.certFile, server.keyFile, [
      '-tls1_2',
      '-cipher',
      'PSK',
      '-psk',
      PSK,
      '-psk_identity',
      'a',
    ]);
    const keyed13 = await startOpensslServer(server.certFile, server.keyFile, [
      '-tls1_3',
      '-ciphersuites',
      'TLS_AES_128_GCM_SHA256',
      '-psk',
      PSK,
      '-psk_identity',
      'a',
    ]);
    for (const peer of [plain, chained, keyed12, keyed13]) t.after(() => peer.program.stop('SIGKILL').then(() => undefined));
    const section = (name: string, { port }: OpensslServer, options: Options): string => clientSection(name, { connect: port, ...options });
    const chain = { verifyChain: true, CAfile: CA };
    const config = [
      section('crl-good', plain, { ...chain, CRLfile: good }),
      section('crl-bad', plain, { ...chain, CRLfile: bad }),
      section('crl-none', chained, { ...chain, CRLfile: good }),
      section('ocsp-good', plain, { ...chain, OCSP: fine }),
      section('ocsp-bad', plain, { ...chain, OCSP: gone, OCSPnonce: true }),
      section('ocsp-silent', plain, { ...chain, OCSP: 'http://127.0.0.1:1/', TIMEOUTocsp: 2 }),
      section('ocsp-lax', plain, { ...chain, OCSP: 'http://127.0.0.1:1/', OCSPrequire: false }),
      section('psk-1.2', keyed12, { PSKsecrets: psk, ciphers: 'PSK', sslVersion: 'TLSv1.2' }),
      section('psk-1.3', keyed13, { PSKsecrets: psk, PSKidentity: 'a', ciphersuites: 'TLS_AES_128_GCM_SHA256' }),
      section('psk-wrong-1.2', keyed12, { PSKsecrets: wrong, ciphers: 'PSK', sslVersion: 'TLSv1.2' }),
      section('psk-wrong-1.3', keyed13, { PSKsecrets: wrong, ciphersuites: 'TLS_AES_128_GCM_SHA256' }),
      section('sessions', plain, chain),
      section('no-sessions', plain, { ...chain, sessionResume: false }),
    ];
    daemon = await startDaemon(t, { config: config.join('') });
  });

  const OUTCOMES: readonly (readonly [section: string, carried: boolean, line: RegExp])[] = [
    ['crl-good', true, /Certificate accepted at depth=0/],
    ['crl-bad', false, /CERT: Pre-verification error: certificate revoked/],
    ['crl-none', false, /CERT: Pre-verification error: unable to get certificate CRL/],
    ['ocsp-good', true, /LOG5\[\d+\]: OCSP: Accepted \(good\)/],
    ['ocsp-bad', false, /LOG4\[\d+\]: Rejected by OCSP at depth=0: CN=localhost/],
    ['ocsp-silent', false, /OCSP: Rejected \(OCSPrequire = yes\)/],
    ['ocsp-lax', true, /OCSP: Accepted \(OCSPrequire = no\)/],
    ['psk-1.2', true, /TLSv1\.2 ciphersuite: \w+-PSK-/],
    ['psk-1.3', true, /TLSv1\.3 ciphersuite: TLS_AES_128_GCM_SHA256/],
    ['psk-wrong-1.2', false, /refused the handshake \(alert 20, bad_record_mac\): its pre-shared key is another/],
    ['psk-wrong-1.3', false, /alert illegal parameter|\(alert 51, decrypt_error\): its pre-shared key is another/],
  ];

  for (const [section, carried, line] of OUTCOMES) {
    test(`${section}: ${carried ? 'carried' : 'refused'}`, async (t) => {
      const from = daemon.lines.length;
      const client = startDial(t, await daemon.port(section)); // the reset may even be faster
      client.write('hello\n');
      if (!carried) assert.equal(await ending(client), 'ECONNRESET');
      await daemon.line(line, { from });
      if (carried) await daemon.line(/ciphersuite: /, { from });
      client.destroy();
      await daemon.line(/Connection (closed|reset)/, { from });
    });
  }

  test('sessions: the second connection resumes, unless sessionResume = no', async (t) => {
    for (const [section, line] of [
      ['sessions', 'TLS connected: new session negotiated'],
      ['sessions', 'TLS connected: previous session reused'],
      ['sessions', 'TLS connected: previous session reused'],
      ['no-sessions', 'TLS connected: new session negotiated'],
      ['no-sessions', 'TLS connected: new session negotiated'],
    ] as const) {
      const from = daemon.lines.length;
      const client = await dial(t, await daemon.port(section));
      client.end('hello\n');
      await daemon.line(line, { from });
      await daemon.line('Certificate accepted at depth=0: CN=localhost', { from }); // judged each time
      client.destroy();
      await daemon.line(/Connection (closed|reset)/, { from });
    }
  });

  test('nothing is left open', () => daemon.stop());
});

suite('TLS options against openssl, server mode', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  const client = certificate('client');
  const as = ['-cert', client.certFile, '-key', client.keyFile];
  const ROWS: readonly (Row & { readonly carried: boolean })[] = [
    { name: 'sslVersion', options: 'sslVersion = TLSv1.2', peer: ['-tls1_2'], carried: true, line: /TLSv1\.2 ciphersuite/ },
    {
      name: 'sslVersion',
      options: 'sslVersion = TLSv1.2',
      peer: ['-tls1_3'],
      carried: false,
      line: /SSL_accept: error:0A[0-9A-F]{6}:SSL routines::unsupported protocol/,
    },
    {
      name: 'ciphers',
      options: 'ciphers = ECDHE-ECDSA-AES128-GCM-SHA256',
      peer: ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
      carried: false,
      line: /SSL_accept: error:.*no shared cipher/,
    },
    {
      name: 'ciphersuites',
      options: 'ciphersuites = TLS_AES_128_GCM_SHA256',
      peer: ['-tls1_3'],
      carried: true,
      line: /TLS_AES_128_GCM_SHA256/,
    },
    { name: 'curves', options: 'curves = P-384', peer: ['-groups', 'P-384'], carried: true, line: /TLSv1\.3 ciphersuite/ },
    {
      name: 'curves',
      options: 'curves = P-384',
      peer: ['-groups', 'X25519'],
      carried: false,
      line: /SSL_accept: error:.*no suitable key share/,
    },
    {
      name: 'CIPHER_SERVER_PREFERENCE',
      options:
        'sslVersion = TLSv1.2\noptions = CIPHER_SERVER_PREFERENCE\nciphers = ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
      peer: ['-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'],
      carried: true,
      line: /AES256/,
    },
    {
      name: 'the client’s order',
      options: 'sslVersion = TLSv1.2\nciphers = ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
      peer: ['-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'],
      carried: true,
      line: /AES128/,
    },
    { name: 'verifyChain', options: VERIFIED, peer: as, carried: true, line: /Certificate accepted at depth=0: CN=client/ },
    {
      name: 'verifyChain, none shown',
      options: VERIFIED,
      carried: false,
      line: /SSL_accept: error:0A0000C7:SSL routines::peer did not return a certificate/,
    },
    { name: 'verify = 1, none shown', options: `verify = 1\nCAfile = ${CA}`, carried: true, line: /TLS accepted: new session negotiated/ },
    { name: 'requireCert, none shown', options: 'requireCert = yes', carried: false, line: /peer did not return a certificate/ },
    { name: 'requireCert', options: 'requireCert = yes', peer: as, carried: true, line: /Certificate verification disabled/ },
    {
      name: 'checkEmail',
      options: `${VERIFIED}\ncheckEmail = client@client.test`,
      peer: as,
      carried: true,
      line: /CERT: Email address "client@client\.test" matched/,
    },
    {
      name: 'checkEmail',
      options: `${VERIFIED}\ncheckEmail = x@client.test`,
      peer: as,
      carried: false,
      line: /CERT: Subject checks failed/,
    },
    {
      name: 'verify = 4',
      options: `verify = 4\nCAfile = ${client.certFile}`,
      peer: as,
      carried: true,
      line: /Locally installed certificate matched/,
    },
    {
      name: 'verify = 4',
      options: `verify = 4\nCAfile = ${server.certFile}`,
      peer: as,
      carried: false,
      line: /CERT: Certificate not found in local repository/,
    },
    { name: 'alpn', options: 'alpn = mqtt,h2', peer: ['-alpn', 'h2'], carried: true, line: /TLSv1\.3 ciphersuite/ },
    {
      name: 'alpn, another',
      options: 'alpn = mqtt',
      peer: ['-alpn', 'h2'],
      carried: false,
      line: /SSL_accept: error:.*no application protocol/,
    },
    { name: 'alpn, none', options: 'alpn = mqtt', carried: false, line: /SSL_accept: no application protocol/ },
  ];
  let daemon: Daemon;
  let backend: TcpServer;

  before(async () => {
    backend = await listen(t, welcome);
    const sections = ROWS.map(({ options }, index) => serverSection(`row-${index}`, { connect: backend.port }, options));
    daemon = await startDaemon(t, { config: sections.join('') });
  });

  for (const [index, { name, options, peer = [], carried, line }] of ROWS.entries()) {
    test(`${name} ${carried ? 'carries' : 'refuses'}: ${options.split('\n')[0]}`, async () => {
      const from = daemon.lines.length;
      const accepted = backend.accepted.length;
      const dialling = startOpensslClient(`127.0.0.1:${await daemon.port(`row-${index}`)}`, [...peer]);
      if (carried) await dialling.saw(/welcome/);
      await daemon.line(line, { from });
      dialling.endInput();
      await dialling.finished;
      if (!carried) assert.equal(backend.accepted.length, accepted, 'nobody reached the backend');
    });
  }

  test('renegotiation: a client that asks for it is refused', async () => {
    const dialling = startOpensslClient(`127.0.0.1:${await daemon.port('row-0')}`, ['-tls1_2']);
    await dialling.saw(/welcome/);
    dialling.write('R\n');
    await dialling.saw(/no renegotiation/);
    dialling.endInput();
    await dialling.finished;
  });

  test('nothing is left open', () => daemon.stop());
});

test('ticket keys that two hosts share open each other’s tickets', { skip: requires({ packages: ['openssl'] }) }, async (t) => {
  const backend = await listen(t, welcome);
  const keys = { ticketKeySecret: '01'.repeat(32), ticketMacSecret: '02'.repeat(32) };
  const config = (secret: Options): string => serverSection('shared', { connect: backend.port, ...secret });
  const file = `${tempFolder(t)}/session`;
  const visit = async (daemon: Daemon, extra: string[]): Promise<boolean> => {
    const from = daemon.lines.length;
    const dialling = startOpensslClient(`127.0.0.1:${await daemon.port('shared')}`, extra);
    await dialling.saw(/welcome/);
    dialling.endInput();
    await dialling.finished;
    return (await daemon.line(/TLS accepted: /, { from })).includes('previous session reused');
  };
  const first = await startDaemon(t, { config: config(keys) });
  const second = await startDaemon(t, { config: config(keys) });
  const third = await startDaemon(t, { config: config({}) });
  for (const flag of ['-tls1_2', '-tls1_3']) {
    assert.equal(await visit(first, [flag, '-sess_out', file]), false);
    assert.equal(await visit(second, [flag, '-sess_in', file]), true, flag);
    assert.equal(await visit(third, [flag, '-sess_in', file]), false, flag);
  }
  for (const daemon of [first, second, third]) await daemon.stop();
});

/** Greets, and ends when the client has. */
function welcome(socket: Socket): void {
  socket.write('welcome\n');
  socket.on('end', () => socket.end()).resume();
}
