/**
 * Provoked failures, one after the other: whatever ends a connection, its last line says who, where, at which stage, with which code, why
 * and what to do, and for a command of ours no other line says less beside it.
 */
// Tests: src/failure-cause.ts, src/connection/life/parties.ts, src/tls/verdict/fault.ts, src/tls/verdict/handshake-cause.ts
// Tests: src/observe/lines/failure.ts, src/observe/lines/alert-meaning.ts, src/observe/lines/certificate-failure.ts, src/observe/lines/option-words.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { ERROR_CATALOGUE } from '../../src/errors.ts';
import { listen as listenOn } from '../../src/linux/libc/sockets.ts';
import { bindTcp } from '../../src/sockets/bound-socket.ts';
import type { CastName } from '../support/data/certificates.ts';
import { authority, certificate, selfSigned, strangersCertificate } from '../support/data/certificates.ts';
import { closedPort, dial, listen, startDial } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startCommand, startDaemon } from '../support/overcoat/daemon.ts';
import type { Expected } from '../support/overcoat/failure-line.ts';
import { judgeFailure, readFailure } from '../support/overcoat/failure-line.ts';
import { suiteEnd } from '../support/suite-end.ts';
import type { Ending } from '../support/temp.ts';

/** What a client does to provoke it. @returns its socket, where it is ours */
type Provoke = (t: Ending, port: number) => Socket | undefined | Promise<Socket>;

interface Row extends Expected {
  readonly name: string;
  /** A section of this name, made when the far ends are there. */
  readonly section: (name: string) => Promise<string>;
  readonly provoke?: Provoke;
}

const world = suiteEnd();
const KEY = certificate('server');
/** Of a key that nobody has. */
const NOBODYS_PIN = 'sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

/** Undefined where the connection was reset before the test had it. */
function portOf(socket: Socket | undefined): string | undefined {
  const localPort = socket?.localPort;
  return localPort === undefined ? undefined : `127.0.0.1:${localPort}`;
}

/** Sends the first words of its protocol. */
const speaks =
  (text: string | Buffer): Provoke =>
  (t, port) => {
    const socket = startDial(t, port);
    socket.write(text);
    return socket;
  };
const silent: Provoke = startDial;
const tlsClient =
  (options: ConnectionOptions = {}): Provoke =>
  (t, port) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false, ...options });
    socket.on('error', () => undefined);
    t.after(() => void socket.destroy());
    return socket;
  };

/** A client that does not know who issued our certificate. */
const distrusting: Provoke = (t, port) => {
  const child = spawn(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${port}`, '-verify_return_error', '-CAfile', certificate('client').certFile],
    {
      stdio: 'ignore',
    },
  );
  t.after(() => void child.kill());
  return undefined;
};

/** A server that says this to everybody, at once or after their first bytes, and then perhaps leaves. */
async function sayer(bytes: string | Buffer, how: { readonly first?: boolean; readonly leaves?: boolean } = {}): Promise<number> {
  const say = (socket: Socket): void => {
    if (how.leaves === true) socket.end(bytes);
    else socket.write(bytes);
  };
  const { port } = await listen(world, (socket) => {
    if (how.first === true) say(socket);
    else socket.once('data', () => say(socket));
  });
  return port;
}

const alert = (number: number): Promise<number> => sayer(Buffer.from([21, 3, 3, 0, 2, 2, number]), { leaves: true });
const tlsServer = async (cast: { readonly certificate: string; readonly key: string }): Promise<number> =>
  (await listenTls(world, { cert: cast.certificate, key: cast.key, ciphers: 'DEFAULT:@SECLEVEL=0' })).port;
const cast = (name: CastName): Promise<number> => tlsServer(certificate(name));

/** A client-mode row whose far end is a port. */
const towards =
  (port: () => number | Promise<number>, options: Options = {}) =>
  async (name: string): Promise<string> =>
    clientSection(name, { connect: await port(), ...verified(), sni: 'localhost', ...options });
const serving =
  (options: Options = {}) =>
  async (name: string): Promise<string> =>
    serverSection(name, { connect: 1, ...options });

/** A smtp server that answers each command with the next of these. */
async function smtp(...answers: readonly string[]): Promise<number> {
  const { port } = await listen(world, (socket) => {
    const left = [...answers];
    socket.write(left.shift() ?? '');
    socket.on('data', () => {
      const answer = left.shift();
      if (answer !== undefined) socket.write(answer);
    });
  });
  return port;
}

/** TCP that never comes up: the queue of the listener is full. */
async function unanswering(): Promise<number> {
  const bound = bindTcp({ address: '127.0.0.1', port: 0 });
  assert.ok(listenOn(bound.fd(), 0) >= 0);
  world.after(() => bound.close());
  const address = bound.address();
  const port = typeof address === 'object' ? address.port : 0;
  for (let filled = 0; filled < 3; filled += 1) startDial(world, port);
  return port;
}

const HTTP = 'HTTP/1.1 400 Bad Request\r\n\r\n';
const TRIES_PIN = /pin HOST:PORT/;

const CLIENT_ROWS: readonly Row[] = [
  {
    name: 'refused',
    code: 'upstream_refused',
    stage: 'dial',
    target: /^localhost \(127\.0\.0\.1:\d+\)$/,
    why: /no connection: 127\.0\.0\.1:\d+: connection refused/i,
    remedy: /nothing listens there.*`redial`/i,
    section: towards(closedPort),
  },
  {
    name: 'refused-twice',
    code: 'upstream_refused',
    why: /none of 2 addresses answered: .*refused, .*refused/i,
    remedy: /start it/i,
    section: async (name) => clientSection(name, { connect: [await closedPort(), await closedPort()], ...verified() }),
  },
  {
    name: 'redialled',
    code: 'upstream_refused',
    why: /tried for 1(?:\.\d)? s/i,
    remedy: /nothing listens/i,
    section: towards(closedPort, { redial: 1 }),
  },
  {
    name: 'unanswered',
    code: 'upstream_timeout',
    why: /no answer/i,
    remedy: /firewalls/i,
    section: towards(unanswering, { TIMEOUTconnect: 1 }),
  },
  {
    name: 'unresolved',
    code: 'upstream_unresolved',
    target: 'nowhere.invalid',
    why: /the name has no address \(nowhere\.invalid: .+; (asked: .+|no name server is configured)\)/i,
    remedy: /spelling/i,
    section: async (name) => clientSection(name, { connect: 'nowhere.invalid:443', delay: true, ...verified() }),
  },
  {
    name: 'no-local-address',
    code: 'upstream_refused',
    why: /no connection: 127\.0\.0\.1:\d+: local = ::1: no IPv4 address to reach/i,
    remedy: /an address of the same family as the target with `local`/i,
    section: towards(closedPort, { local: '::1' }),
  },
  {
    name: 'no-such-address',
    code: 'upstream_refused',
    why: /no connection: 127\.0\.0\.1:\d+: bind: cannot assign requested address/i,
    remedy: /\(`local`\) must be one of this machine/i,
    section: towards(closedPort, { local: '192.0.2.1' }),
  },
  {
    name: 'no-such-device',
    code: 'socket_option',
    stage: 'dial',
    why: /no connection: 127\.0\.0\.1:\d+: setsockopt SO_BINDTODEVICE \(remote socket\): no such device/i,
    remedy: /`ip -br link` lists/i,
    section: towards(closedPort, { socket: 'r:SO_BINDTODEVICE=nodev0' }),
  },
  {
    name: 'other-name',
    code: 'handshake_verification',
    stage: 'handshake',
    why: /is for other\.test, 192\.0\.2\.1, not for localhost/i,
    remedy: /set `sni` and `checkHost`.*pin/i,
    section: towards(() => cast('other-name')),
  },
  {
    name: 'wildcard',
    code: 'handshake_verification',
    why: /is for \*\.example\.test, not for localhost/i,
    remedy: /checkHost/i,
    section: towards(() => cast('wildcard')),
  },
  {
    name: 'unknown-issuer',
    code: 'handshake_verification',
    why: /was issued by "CN=Overcoat test authority stranger", which is not trusted by \/.+\.crt/i,
    remedy: /CAfile.*pin.*overcoat pin HOST:PORT/i,
    section: towards(() => tlsServer(strangersCertificate())),
  },
  {
    name: 'self-signed',
    code: 'handshake_verification',
    why: /signed by itself, which is not trusted/i,
    remedy: TRIES_PIN,
    section: towards(() => tlsServer(selfSigned())),
  },
  {
    name: 'expired',
    code: 'handshake_verification',
    why: /expired on 2021-01-01 00:00 UTC/i,
    remedy: /renew it/i,
    section: towards(() => cast('expired')),
  },
  {
    name: 'not-yet-valid',
    code: 'handshake_verification',
    why: /not valid before 2090-01-01/i,
    remedy: /clock/i,
    section: towards(() => cast('not-yet-valid')),
  },
  {
    name: 'wrong-usage',
    code: 'handshake_verification',
    why: /was refused: .*purpose/i,
    remedy: TRIES_PIN,
    section: towards(() => cast('wrong-usage')),
  },
  {
    name: 'weak-key',
    code: 'handshake_verification',
    why: /was refused: .*weak/i,
    remedy: TRIES_PIN,
    section: towards(() => cast('weak-key')),
  },
  {
    name: 'other-key',
    code: 'handshake_verification',
    why: /the key of the certificate of the server, sha256:.{44}, is none of the 1 that are pinned/i,
    remedy: /if the change is genuine/i,
    section: towards(() => cast('server'), { pin: NOBODYS_PIN }),
  },
  {
    name: 'not-local',
    code: 'handshake_verification',
    why: /not among the local certificates/i,
    remedy: /--save FILE/i,
    section: async (name) =>
      clientSection(name, { connect: await cast('server'), verifyPeer: true, CAfile: certificate('client').certFile }),
  },
  {
    name: 'wants-other-name',
    code: 'handshake_failed',
    why: /alert 112, unrecognized_name\): it has no service called localhost/i,
    remedy: /`sni`/i,
    section: towards(() => alert(112)),
  },
  {
    name: 'wants-a-name',
    code: 'handshake_failed',
    why: /no server name was sent, and it serves by name only/i,
    remedy: /name it is for/i,
    section: async (name) => clientSection(name, { connect: await alert(112), verifyChain: true, CAfile: authority().certFile }),
  },
  {
    name: 'takes-nothing',
    code: 'handshake_failed',
    why: /alert 40, handshake_failure\): it takes none of our ciphers.*or wants a certificate/i,
    remedy: /`ciphers`.*`cert`/i,
    section: towards(() => alert(40)),
  },
  {
    name: 'wants-certificate',
    code: 'handshake_failed',
    why: /certificate_required\): it wants a certificate of ours/i,
    remedy: /`cert` and `key`/i,
    section: towards(() => alert(116)),
  },
  {
    name: 'wants-version',
    code: 'handshake_failed',
    why: /protocol_version\): it speaks none of the TLS versions/i,
    remedy: /sslVersionMin/i,
    section: towards(() => alert(70)),
  },
  {
    name: 'wants-alpn',
    code: 'handshake_failed',
    why: /no_application_protocol\)/i,
    remedy: /`protocol`/i,
    section: towards(() => alert(120)),
  },
  {
    name: 'knows-no-issuer',
    code: 'handshake_failed',
    why: /unknown_ca\): it does not know who issued our certificate/i,
    remedy: /`cert`/i,
    section: towards(() => alert(48), { cert: KEY.certFile, key: KEY.keyFile }),
  },
  { name: 'admits-not', code: 'handshake_failed', why: /access_denied\)/i, remedy: /certificate/i, section: towards(() => alert(49)) },
  {
    name: 'unwell',
    code: 'handshake_failed',
    why: /alert 80, internal_error/i,
    remedy: /log of the server/i,
    section: towards(() => alert(80)),
  },
  {
    name: 'http',
    code: 'handshake_failed',
    why: /speaks HTTP in clear, not TLS: it begins with "HTTP/i,
    remedy: /port on which it speaks TLS/i,
    section: towards(() => sayer(HTTP)),
  },
  {
    name: 'ssh',
    code: 'handshake_failed',
    why: /speaks SSH in clear/i,
    remedy: /port/i,
    section: towards(() => sayer('SSH-2.0-OpenSSH_9.2\r\n', { first: true })),
  },
  {
    name: 'smtp',
    code: 'handshake_failed',
    why: /speaks SMTP in clear/i,
    remedy: /`protocol = smtp`/i,
    section: towards(() => sayer('220 mail.example.org ESMTP\r\n', { first: true })),
  },
  {
    name: 'imap',
    code: 'handshake_failed',
    why: /speaks IMAP in clear/i,
    remedy: /`protocol = imap`/i,
    section: towards(() => sayer('* OK ready\r\n', { first: true })),
  },
  {
    name: 'pop3',
    code: 'handshake_failed',
    why: /speaks POP3 in clear/i,
    remedy: /`protocol = pop3`/i,
    section: towards(() => sayer('+OK hello there\r\n', { first: true })),
  },
  {
    name: 'rtmp',
    code: 'handshake_failed',
    why: /speaks RTMP in clear/i,
    remedy: /port on which it speaks TLS/i,
    section: towards(() => sayer(Buffer.alloc(1537, 3))),
  },
  {
    name: 'ftp',
    code: 'handshake_failed',
    why: /speaks FTP in clear/i,
    remedy: /port/i,
    section: towards(() => sayer('220 FTP server ready\r\n', { first: true })),
  },
  {
    name: 'gibberish',
    code: 'handshake_failed',
    why: /does not speak TLS: it begins with "\\x01\\x02/i,
    remedy: /port/i,
    section: towards(() => sayer(Buffer.from([1, 2, 9, 9, 9, 9, 9]))),
  },
  {
    name: 'gone',
    code: 'handshake_failed',
    why: /the server closed the connection without a word/i,
    remedy: TRIES_PIN,
    section: towards(() => sayer('', { leaves: true })),
  },
  {
    name: 'silent-server',
    code: 'handshake_timeout',
    why: /the server said nothing within 1 s/i,
    remedy: /TIMEOUTbusy/i,
    section: towards(async () => (await listen(world)).port, { TIMEOUTbusy: 1 }),
  },
  {
    name: 'late-refusal',
    code: 'handshake_failed',
    why: /certificate_required\): it wants a certificate of ours/i,
    remedy: /`cert`/i,
    section: towards(async () => (await listenTls(world, { requestCert: true, ca: authority().certificate, minVersion: 'TLSv1.3' })).port),
  },
  {
    name: 'refused-talk',
    code: 'negotiation_failed',
    stage: 'negotiation',
    why: /554/i,
    remedy: /peer complains/i,
    section: towards(() => smtp('554 go away\r\n'), { protocol: 'smtp' }),
  },
  {
    name: 'silent-talk',
    code: 'negotiation_timeout',
    why: /did not finish what comes first within 1 s/i,
    remedy: /speaks the protocol.*TIMEOUTbusy/i,
    section: towards(async () => (await listen(world)).port, { protocol: 'smtp', TIMEOUTbusy: 1 }),
  },
  {
    name: 'injected',
    code: 'negotiation_injected',
    why: /more in clear where TLS had to begin/i,
    remedy: /injecting/i,
    section: towards(() => smtp('220 x ESMTP\r\n', '250-x\r\n250 STARTTLS\r\n', '220 go\r\n250 forged\r\n'), { protocol: 'smtp' }),
    provoke: speaks('EHLO x\r\nSTARTTLS\r\n'),
  },
  {
    name: 'nameless',
    code: 'server_name_missing',
    stage: 'name',
    why: /No server name is known/i,
    remedy: /name source/i,
    section: async (name) =>
      clientSection(name, { connect: 1, sni: 'auto', verifyChain: true, CAfile: authority().certFile, nameMissing: 'refuse' }),
    provoke: speaks('hello\r\n'),
  },
  {
    name: 'tls-in-tls',
    code: 'client_speaks_tls',
    why: /speaks TLS itself/i,
    remedy: /alreadyTls/i,
    section: async (name) =>
      clientSection(name, { connect: 1, sni: 'auto', alreadyTls: 'refuse', verifyChain: true, CAfile: authority().certFile }),
    provoke: tlsClient(),
  },
  {
    name: 'stranger-sender',
    code: 'proxy_header',
    why: /not listed in proxyAccept/i,
    remedy: /load balancers/i,
    section: towards(closedPort, { proxyAccept: '192.0.2.1' }),
  },
  {
    name: 'loop',
    code: 'destination_loop',
    why: /addressed to 127\.0\.0\.1:\d+, which is this service itself/i,
    remedy: /Only intercepted/i,
    section: async (name) => clientSection(name, { transparent: 'destination', ...verified() }),
  },
  {
    name: 'bad-option',
    code: 'socket_option',
    why: /SO_BINDTODEVICE/i,
    remedy: /privilege/i,
    section: towards(closedPort, { socket: 'l:SO_BINDTODEVICE=nodev0' }),
  },
  {
    name: 'slow-opening',
    code: 'setup_timeout',
    why: /the client did not finish what comes first within 1 s/i,
    remedy: /TIMEOUTsetup/i,
    section: async (name) =>
      clientSection(name, { connect: 1, sni: 'auto', verifyChain: true, CAfile: authority().certFile, TIMEOUTsetup: 1 }),
    provoke: speaks('GET / HTTP/1.1\r\nHos'),
  },
];

const SERVER_ROWS: readonly Row[] = [
  {
    name: 'srv-refused',
    code: 'upstream_refused',
    stage: 'dial',
    target: /127\.0\.0\.1:1/,
    why: /connection refused/i,
    remedy: /start it/i,
    section: serving(),
    provoke: tlsClient(),
  },
  {
    name: 'srv-no-certificate',
    code: 'handshake_verification',
    why: /the client showed no certificate/i,
    remedy: /give the client a certificate/i,
    section: serving({ verify: 2, CAfile: authority().certFile }),
    provoke: tlsClient(),
  },
  {
    name: 'srv-unknown-issuer',
    code: 'handshake_verification',
    why: /the client was issued by "CN=Overcoat test authority stranger"/i,
    remedy: /add the issuer to CAfile/i,
    section: serving({ verify: 2, CAfile: authority().certFile }),
    provoke: tlsClient({ cert: strangersCertificate().certificate, key: strangersCertificate().key }),
  },
  {
    name: 'srv-other-client',
    code: 'handshake_verification',
    why: /certificate of the client is for client\.test.*, not for other\.test/i,
    remedy: /`checkHost`/i,
    section: serving({ verify: 2, CAfile: authority().certFile, checkHost: 'other.test' }),
    provoke: tlsClient({ cert: certificate('client').certificate, key: certificate('client').key }),
  },
  {
    name: 'srv-http',
    code: 'handshake_failed',
    why: /the client speaks HTTP in clear/i,
    remedy: /let the client speak TLS/i,
    section: serving(),
    provoke: speaks('GET / HTTP/1.1\r\n\r\n'),
  },
  {
    name: 'srv-old-client',
    code: 'handshake_failed',
    why: /offers only TLS versions that are switched off here/i,
    remedy: /sslVersionMin/i,
    section: serving({ sslVersionMin: 'TLSv1.3' }),
    provoke: tlsClient({ maxVersion: 'TLSv1.2' }),
  },
  {
    name: 'srv-no-cipher',
    code: 'handshake_failed',
    why: /no cipher in common/i,
    remedy: /`ciphers`/i,
    section: serving({ sslVersionMax: 'TLSv1.2' }),
    provoke: tlsClient({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }),
  },
  {
    name: 'srv-refused-by-client',
    code: 'handshake_failed',
    why: /the client refused the handshake \(alert 48, unknown_ca\): it does not know who issued our certificate/i,
    remedy: /./i,
    section: serving(),
    provoke: distrusting,
  },
  {
    name: 'srv-gone',
    code: 'handshake_failed',
    why: /the client closed the connection without a word/i,
    remedy: /port scan/i,
    section: serving(),
    provoke: async (t, port) => {
      const socket = await dial(t, port);
      socket.end();
      return socket;
    },
  },
  {
    name: 'srv-silent',
    code: 'handshake_timeout',
    why: /the client said nothing within 1 s/i,
    remedy: /TIMEOUTbusy/i,
    section: serving({ TIMEOUTbusy: 1 }),
    provoke: silent,
  },
  {
    name: 'srv-slow',
    code: 'setup_timeout',
    why: /within 1 s/i,
    remedy: /TIMEOUTsetup/i,
    section: serving({ TIMEOUTsetup: 1 }),
    provoke: silent,
  },
  {
    name: 'srv-program',
    code: 'exec_program',
    why: /exec \/nowhere\/at-all/i,
    remedy: /path/i,
    section: async (name) => serverSection(name, { exec: '/nowhere/at-all' }),
    provoke: tlsClient(),
  },
  {
    name: 'srv-target',
    code: 'destination_refused',
    why: /127\.0\.0\.1/i,
    remedy: /allowTargets/i,
    section: async (name) => section(name, { accept: 0, cert: KEY.certFile, key: KEY.keyFile, protocol: 'connect' }),
    provoke: speaks('CONNECT 127.0.0.1:9 HTTP/1.1\r\n\r\n'),
  },
  {
    name: 'srv-alpn',
    code: 'handshake_failed',
    why: /no application protocol/i,
    remedy: /./i,
    section: serving({ alpn: 'h2' }),
    provoke: tlsClient(),
  },
];

const ROWS = [...CLIENT_ROWS, ...SERVER_ROWS];

suite('a connection of a file that fails ends with one line', () => {
  let daemon: Daemon;
  before(async () => {
    const sections = await Promise.all(ROWS.map((row) => row.section(row.name)));
    const head = optionLines({ foreground: true, syslog: false, debug: 6 });
    daemon = await startDaemon(world, { bare: true, config: head + sections.join('') });
  });
  after(() => daemon?.stop({ holding: true }));

  for (const row of ROWS) {
    test(`${row.name}: ${row.code}`, async (t) => {
      const port = await daemon.port(row.name);
      const from = daemon.lines.length;
      const socket = await (row.provoke ?? silent)(t, port);
      const line = await daemon.line(new RegExp(`Connection failed: .*service \\[${row.name}\\]`), { from, within: 30_000 });
      const found = readFailure(line);
      assert.ok(found, line);
      judgeFailure(found, row, portOf(socket));
      const id = /LOG\d\[(\d+)\]/.exec(line)?.[1];
      const about = daemon.lines.slice(from).filter((each) => each.includes(`[${id}]: `));
      assert.equal(about.filter((each) => each.includes('Connection failed')).length, 1, about.join('\n'));
      assert.match(line, / LOG3\[/, "at the level of stunnel's line");
      assert.ok(about.indexOf(line) === about.length - 1, `the last line of the connection:\n${about.join('\n')}`);
    });
  }
});

/** Those that are provoked elsewhere, or that a test cannot provoke from outside. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'access_refused', // libwrap.test.ts
  'access_too_many_clients', // source-limits.test.ts
  'access_too_many_handshakes', // source-limits.test.ts
  'destination_unknown', // the client has to vanish between accept and getsockname
]);
/** First words of the codes that end no connection. */
const BEFORE_CONNECTIONS: ReadonlySet<string> = new Set(['config', 'start', 'daemon', 'gateway', 'control', 'demo', 'internal', 'silent']);

test('every code that a connection can end with is in the table', () => {
  const codes = Object.keys(ERROR_CATALOGUE).filter((code) => !BEFORE_CONNECTIONS.has(code.split('_')[0] ?? ''));
  const provoked = new Set(ROWS.map(({ code }) => code));
  const missing = codes.filter((code) => !provoked.has(code) && !ELSEWHERE.has(code) && code !== 'exec_namespace');
  assert.deepEqual(missing, []);
  assert.ok(ROWS.length >= 55, `${ROWS.length} rows`);
});

interface CommandRow extends Expected {
  readonly name: string;
  /** Behind the command and ACCEPT. */
  readonly args: (accept: string) => Promise<readonly string[]>;
  readonly provoke?: Provoke;
}

const toServer =
  (port: () => number | Promise<number>, ...more: readonly string[]) =>
  async (accept: string): Promise<readonly string[]> => ['client', accept, `localhost:${await port()}`, ...more];
const trusting = ['--ca', authority().certFile];
const serverCommand =
  (...more: readonly string[]) =>
  async (accept: string): Promise<readonly string[]> => {
    const { certFile, keyFile } = KEY;
    return ['server', accept, `127.0.0.1:${await closedPort()}`, '--cert', certFile, '--key', keyFile, ...more];
  };

const COMMAND_ROWS: readonly CommandRow[] = [
  {
    name: 'client, refused',
    code: 'upstream_refused',
    why: /refused/i,
    remedy: /--redial SECONDS/i,
    args: toServer(closedPort, ...trusting),
  },
  {
    name: 'client, other name',
    code: 'handshake_verification',
    why: /is for other\.test/i,
    remedy: /--sni NAME.*--pin/i,
    args: toServer(() => cast('other-name'), ...trusting),
  },
  {
    name: 'client, unknown issuer',
    code: 'handshake_verification',
    why: /not trusted by the system's store/i,
    remedy: /--ca FILE.*--pin/i,
    args: toServer(() => cast('server')),
  },
  {
    name: 'client, SMTP',
    code: 'handshake_failed',
    why: /speaks SMTP/i,
    remedy: /--protocol smtp/i,
    args: toServer(() => sayer('220 x ESMTP\r\n', { first: true }), ...trusting),
  },
  {
    name: 'client, wants a certificate',
    code: 'handshake_failed',
    why: /certificate_required/i,
    remedy: /--cert FILE/i,
    args: toServer(() => alert(116), ...trusting),
  },
  {
    name: 'client, other key',
    code: 'handshake_verification',
    why: /none of the 1/i,
    remedy: /--pin/i,
    args: toServer(() => cast('server'), '--pin', NOBODYS_PIN),
  },
  { name: 'server, refused', code: 'upstream_refused', why: /refused/i, remedy: /--redial/i, args: serverCommand(), provoke: tlsClient() },
  {
    name: 'server, no certificate',
    code: 'handshake_verification',
    why: /showed no certificate/i,
    remedy: /--ca FILE/i,
    args: serverCommand(...trusting),
    provoke: tlsClient(),
  },
  {
    name: 'server, HTTP',
    code: 'handshake_failed',
    why: /speaks HTTP/i,
    remedy: /speak TLS/i,
    args: serverCommand(),
    provoke: speaks('GET / HTTP/1.0\r\n\r\n'),
  },
];

suite('a connection of a command that fails says nothing else', () => {
  for (const row of COMMAND_ROWS) {
    test(row.name, async (t) => {
      const port = await closedPort();
      const daemon = await startCommand(t, await row.args(`127.0.0.1:${port}`));
      const socket = await (row.provoke ?? silent)(t, port);
      const found = readFailure(await daemon.line('Connection failed', { within: 30_000 }));
      assert.ok(found);
      judgeFailure(found, row, portOf(socket));
      socket?.destroy();
      await daemon.stop();
      const trouble = daemon.lines.filter((line) => / LOG[0-4]\[/.test(line));
      assert.deepEqual(trouble, [found.line]);
      assert.ok(!daemon.lines.some((line) => line.includes('Connection reset')));
    });
  }
});

suite('overcoat pin', () => {
  for (const [name, target, expected] of [
    ['a closed port', async () => `127.0.0.1:${await closedPort()}`, /upstream_refused: .*refused\. \S/],
    ['an HTTP server', async () => `127.0.0.1:${await sayer(HTTP)}`, /handshake_failed: the server speaks HTTP in clear.*\. \S/],
    ['a name without an address', async () => 'nowhere.invalid:443', /upstream_unresolved: .*nowhere\.invalid.*\. \S/],
    [
      'a server that leaves',
      async () => `127.0.0.1:${await sayer('', { leaves: true })}`,
      /handshake_failed: the server closed the connection without a word\. \S/,
    ],
  ] as const) {
    test(name, async () => {
      const { code, stderr } = await runOvercoat(['pin', await target()]);
      assert.equal(code, 1);
      assert.match(stderr, expected);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }
});
