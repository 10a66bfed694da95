/**
 * Hostile peers in every negotiation, against the real daemon: stripped, refused and injected STARTTLS, endless and malformed replies,
 * commands in the same segment as the switch. Whatever they do, not a byte of the application reaches the wire in clear, nothing of
 * what they say reaches the plain side, and the connection ends.
 */
// Tests: src/connection/talk/negotiate.ts
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { before, suite, test } from 'node:test';
import { eventually, within } from '../support/eventually.ts';
import type { TcpServer } from '../support/net/tcp.ts';
import { listen, startDial } from '../support/net/tcp.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { suiteEnd } from '../support/suite-end.ts';

/** What the application says; it must never be seen on the far side. */
const SECRET = 'SECRET of the application';

/** What a hostile peer does: segment 0 at once, every further one after something arrived; then it stays and listens. */
interface Hostile {
  readonly what: string;
  readonly segments: readonly (string | Buffer)[];
}

function hostile(what: string, ...segments: readonly (string | Buffer)[]): Hostile {
  return { what, segments };
}

const LONG = 'x'.repeat(20_000);
const ENDLESS = 'y'.repeat(200_000);

/** Replies to a greeting-and-code protocol; `hello` answers EHLO or LHLO. */
function mail(hello: string): Hostile[] {
  const greeting = '220 mail.example.org\r\n';
  const offers = `250-${hello}\r\n250 STARTTLS\r\n`;
  return [
    hostile('no STARTTLS offered and refused', greeting, '250 plain only\r\n', '502 5.5.1 what?\r\n'),
    hostile('454 for now', greeting, offers, '454 4.7.0 TLS not available\r\n'),
    hostile('a reply injected behind the consent', greeting, offers, '220 go\r\n250 evil\r\n'),
    hostile('one byte injected behind the consent', greeting, offers, '220 go\r\n\n'),
    hostile('a reply in clear instead of the TLS handshake', greeting, offers, '220 go\r\n', '250 evil\r\n'),
    hostile('the whole dialogue in the greeting', `${greeting}${offers}220 go\r\n250 evil\r\n`),
    hostile('greeting, offers and consent at once', `${greeting}${offers}220 go\r\n`, '250 evil\r\n'),
    hostile('another greeting', '554 go away\r\n'),
    hostile('a consent of many lines with another code', greeting, offers, '220-go\r\n250 evil\r\n'),
    hostile('a greeting without an end', ENDLESS),
    hostile('a greeting of endless lines', `220-${'x'.repeat(70)}\r\n`.repeat(2000)),
    hostile('a line too long', `220 ${LONG}\r\n`),
    hostile('a NUL in the greeting', '220 mail\0\r\n'),
    hostile('a NUL in the consent', greeting, offers, '220 go\0\r\n'),
    hostile('endless offers', greeting, '250-STARTTLS\r\n'.repeat(10_000)),
    hostile('no code at all', greeting, 'hello there\r\n'),
    hostile('silence'),
    hostile('silence after the hello', greeting),
  ];
}

const IMAP_GREETING = '* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n';
const POP_GREETING = '+OK hi <1@x>\r\n';
const SIEVE_GREETING = '"STARTTLS"\r\nOK\r\n';
const XMPP_GREETING = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>";
const XMPP_OFFER = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const LDAP_CONSENT = Buffer.from('300c02010178070a010004000400', 'hex');

/** Client mode: the far end is hostile. */
const UPSTREAMS: Readonly<Record<string, readonly Hostile[]>> = {
  smtp: mail('EHLO'),
  lmtp: mail('LHLO'),
  imap: [
    hostile('PREAUTH', '* PREAUTH welcome\r\n'),
    hostile('BYE', '* BYE\r\n'),
    hostile('NO', IMAP_GREETING, 'overcoat NO later\r\n'),
    hostile('BAD', IMAP_GREETING, 'overcoat BAD what\r\n'),
    hostile('the consent for another tag', IMAP_GREETING, 'a1 OK go\r\n'),
    hostile('injection behind the consent', IMAP_GREETING, 'overcoat OK go\r\n* OK evil\r\n'),
    hostile('injection instead of the handshake', IMAP_GREETING, 'overcoat OK go\r\n', '* OK evil\r\n'),
    hostile('greeting and consent at once, and more', `${IMAP_GREETING}overcoat OK go\r\n* 1 EXISTS\r\n`),
    hostile('endless untagged lines', IMAP_GREETING, '* OK wait\r\n'.repeat(10_000)),
    hostile('a greeting without an end', `* OK ${ENDLESS}`),
    hostile('a NUL', '* OK \0\r\n'),
    hostile('silence'),
  ],
  pop3: [
    hostile('refused', POP_GREETING, '-ERR no\r\n'),
    hostile('something else', POP_GREETING, '220 go\r\n'),
    hostile('+OKAY', POP_GREETING, '+OKAY\r\n'),
    hostile('injection behind the consent', POP_GREETING, '+OK go\r\n+OK evil\r\n'),
    hostile('injection instead of the handshake', POP_GREETING, '+OK go\r\n', '+OK evil\r\n'),
    hostile('-ERR as a greeting', '-ERR busy\r\n'),
    hostile('a greeting without an end', `+OK ${ENDLESS}`),
    hostile('silence', POP_GREETING),
  ],
  nntp: [
    hostile('580', '200 hi\r\n', '580 no\r\n'),
    hostile('483', '200 hi\r\n', '483 no\r\n'),
    hostile('502 as a greeting', '502 no\r\n'),
    hostile('injection behind the consent', '200 hi\r\n', '382 go\r\n200 evil\r\n'),
    hostile('injection instead of the handshake', '200 hi\r\n', '382 go\r\n', '200 evil\r\n'),
    hostile('endless', '200 hi\r\n', `382 ${ENDLESS}`),
  ],
  sieve: [
    hostile('NO', SIEVE_GREETING, 'NO "no"\r\n'),
    hostile('BYE', 'BYE\r\n'),
    hostile('injection behind the consent', SIEVE_GREETING, 'OK\r\n"SASL" "PLAIN"\r\nOK "evil"\r\n'),
    hostile('injection instead of the handshake', SIEVE_GREETING, 'OK\r\n', 'OK "evil"\r\n'),
    hostile('endless capabilities', '"X" "y"\r\n'.repeat(20_000)),
    hostile('something else', 'HTTP/1.1 200 OK\r\n'),
  ],
  ldap: [
    hostile('refused', '', Buffer.from('300c02010178070a013404000400', 'hex')),
    hostile('the answer to another message', '', Buffer.from('300c02010278070a010004000400', 'hex')),
    hostile('a notice of disconnection', '', Buffer.from('300c02010078070a013404000400', 'hex')),
    hostile('another operation', '', Buffer.from('300c02010161070a010004000400', 'hex')),
    hostile('injection behind the consent', '', Buffer.concat([LDAP_CONSENT, Buffer.from('300c02010261070a010004000400', 'hex')])),
    hostile('injection instead of the handshake', '', LDAP_CONSENT, '0evil'),
    hostile('an enormous length', '', Buffer.from('3084ffffffff', 'hex')),
    hostile('no LDAP', 'HTTP/1.1 200 OK\r\n'),
  ],
  xmpp: [
    hostile('no offer', '', `${XMPP_GREETING}<stream:features/>`),
    hostile('an offer in another namespace', '', `${XMPP_GREETING}<stream:features><starttls xmlns='x'/></stream:features>`),
    hostile('an error', '', `${XMPP_GREETING}<stream:error><x/></stream:error>`),
    hostile('a refusal', '', XMPP_GREETING + XMPP_OFFER, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    hostile('consent in another namespace', '', XMPP_GREETING + XMPP_OFFER, '<proceed/>'),
    hostile('injection behind the consent', '', XMPP_GREETING + XMPP_OFFER, `${PROCEED}<message>evil</message>`),
    hostile('injection instead of the handshake', '', XMPP_GREETING + XMPP_OFFER, PROCEED, '<message>evil</message>'),
    hostile('an endless tag', '', `<stream:stream ${ENDLESS}`),
    hostile('endless depth', '', XMPP_GREETING + '<a>'.repeat(20_000)),
    hostile('a document type', '', "<!DOCTYPE x [<!ENTITY a 'b'>]>"),
  ],
  pgsql: [
    hostile('N', '', 'N'),
    hostile('an error message', '', 'E\0\0\0\x08evil'),
    hostile('injection behind the consent', '', 'SR\0\0\0\x08\0\0\0\0'),
    hostile('injection instead of the handshake', '', 'S', 'R\0\0\0\x08\0\0\0\0'),
    hostile('lower case', '', 's'),
    hostile('silence'),
  ],
  connect: [
    hostile('403', '', 'HTTP/1.1 403 Forbidden\r\n\r\n'),
    hostile('407 without a challenge', '', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    hostile('100', '', 'HTTP/1.1 100 Continue\r\n\r\n'),
    hostile('injection behind the consent', '', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
    hostile('injection instead of the handshake', '', 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\nevil'),
    hostile('endless headers', '', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(40_000)}`),
    hostile('an endless line', '', `HTTP/1.1 200 ${ENDLESS}`),
    hostile('HTTP/2', '', 'HTTP/2 200\r\n\r\n'),
  ],
  auto: [hostile('TLS at once where the port is none of the known', '220 mail.example.org\r\n', '250 evil\r\n')],
};

/** Server mode: the client is hostile; the backend is a real one of its kind. */
const CLIENTS: Readonly<Record<string, readonly Hostile[]>> = {
  smtp: [
    hostile('a command in the segment of STARTTLS', '', 'EHLO x\r\n', 'STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n'),
    hostile('everything in one segment', '', 'EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<x>\r\n'),
    hostile('a hello that does not wait for the consent', '', 'STARTTLS\r\n\x16\x03\x01\x02\x00\x01'),
    hostile('mail without TLS', '', 'MAIL FROM:<evil@example.org>\r\nRCPT TO:<x>\r\nDATA\r\nevil\r\n.\r\n'),
    hostile('commands in clear after the consent', '', 'STARTTLS\r\n', 'MAIL FROM:<evil@example.org>\r\n'),
    hostile('STARTTLS with a parameter', '', 'STARTTLS evil\r\n'),
    hostile('an endless line', '', ENDLESS),
    hostile('endless commands', '', 'NOOP evil\r\n'.repeat(20_000)),
    hostile('a NUL', '', 'EHLO evil\0\r\n'),
    hostile('plain text before the greeting', 'EHLO evil\r\nMAIL FROM:<evil@example.org>\r\n'),
  ],
  imap: [
    hostile('a command in the segment of STARTTLS', '', 'a STARTTLS\r\nb LOGIN evil evil\r\n'),
    hostile('a login without TLS', '', 'a LOGIN evil evil\r\n'),
    hostile('a literal without TLS', '', 'a LOGIN {4+}\r\nevil {4+}\r\nevil\r\n'),
    hostile('commands in clear after the consent', '', 'a STARTTLS\r\n', 'b LOGIN evil evil\r\n'),
    hostile('a tag made of syntax', '', '* STARTTLS\r\n'),
    hostile('a tag that would forge an answer', '', 'a\r OK evil\r\n'),
    hostile('capabilities asked endlessly', '', 'evil CAPABILITY\r\n'.repeat(10_000)),
  ],
  pop3: [
    hostile('a command in the segment of STLS', '', 'STLS\r\nUSER evil\r\n'),
    hostile('a login without TLS', '', 'USER evil\r\nPASS evil\r\n'),
    hostile('commands in clear after the consent', '', 'STLS\r\n', 'USER evil\r\n'),
    hostile('an endless line', '', ENDLESS),
  ],
  pgsql: [
    hostile('no request for TLS', Buffer.from('0000001300030000757365720065766c00000000', 'hex')),
    hostile(
      'a startup message in the segment of the request',
      Buffer.from('0000000804d2162f0000001300030000757365720065766c00000000', 'hex'),
    ),
    hostile(
      'a startup message after the consent',
      Buffer.from('0000000804d2162f', 'hex'),
      Buffer.from('0000001300030000757365720065766c', 'hex'),
    ),
    hostile('a request to cancel', Buffer.from('0000001004d2162e0000000100000002', 'hex')),
    hostile('another protocol', 'GET /evil HTTP/1.1\r\n\r\n'),
    hostile('gss and nothing else', Buffer.from('0000000804d21630', 'hex'), Buffer.from('6576696c6576696c', 'hex')),
  ],
  connect: [
    hostile('data in the segment of the request', 'CONNECT 192.0.2.1:443 HTTP/1.1\r\n\r\nevil'),
    hostile('this machine', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n'),
    hostile('this machine in disguise', 'CONNECT 0x7f.1:22 HTTP/1.1\r\n\r\n'),
    hostile('this machine by name', 'CONNECT localhost:22 HTTP/1.1\r\n\r\n'),
    hostile('this machine inside IPv6', 'CONNECT [::ffff:127.0.0.1]:22 HTTP/1.1\r\n\r\n'),
    hostile('another method', 'GET http://evil/ HTTP/1.1\r\n\r\n'),
    hostile('endless headers', `CONNECT 192.0.2.1:443 HTTP/1.1\r\n${'X: evil\r\n'.repeat(20_000)}`),
    hostile('clear text after the consent', 'CONNECT 192.0.2.1:443 HTTP/1.1\r\n\r\n', 'evil'),
  ],
};

/** Plays one hostile peer on a socket and keeps what it heard. */
function playHostile(socket: Socket, { segments }: Hostile): { heard: () => Buffer; ended: Promise<void> } {
  const waiting = [...segments];
  let heard = Buffer.alloc(0);
  const say = (): void => {
    const segment = waiting.shift();
    if (segment !== undefined && segment.length > 0) socket.write(segment);
  };
  socket.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]);
    say();
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve());
  });
  socket.on('error', () => undefined);
  say();
  return { heard: () => heard, ended };
}

suite('client mode: hostile servers', () => {
  const end = suiteEnd();
  let daemon: Daemon;
  let server: TcpServer;

  before(async () => {
    server = await listen(end);
    const services = Object.keys(UPSTREAMS).map((protocol) =>
      clientSection(protocol, { connect: server.port, protocol, protocolHost: 'mail.example.org:25', ...verified(), TIMEOUTbusy: 1 }),
    );
    daemon = await startDaemon(end, { config: services.join('') });
  });

  for (const [protocol, cases] of Object.entries(UPSTREAMS)) {
    for (const peer of cases) {
      test(`${protocol}: ${peer.what}`, async (t) => {
        const application = startDial(t, await daemon.port(protocol));
        const app = playHostile(application, hostile('', `<stream:stream to='x' from='${SECRET}'>${SECRET}\r\n`));
        const far = playHostile(await server.next(), peer);
        await within('both ends are closed', Promise.all([app.ended, far.ended]));
        assert.equal(app.heard().toString('latin1'), '', 'nothing unverified reaches the application');
        assert.ok(!far.heard().includes('SECRET'), 'nothing of the application is seen in clear');
      });
    }
  }

  test('holds nothing when all is over', () => daemon.stop());
});

suite('server mode: hostile clients', () => {
  const end = suiteEnd();
  const GREETINGS: Readonly<Record<string, string>> = {
    smtp: '220 mail\r\n',
    imap: '* OK hi\r\n',
    pop3: '+OK hi\r\n',
    pgsql: '',
    connect: '',
  };
  let daemon: Daemon;
  const backends = new Map<string, TcpServer>();
  const heardByBackends = new Map<string, () => Buffer>();

  before(async () => {
    const sections: string[] = [];
    for (const name of Object.keys(CLIENTS)) {
      let heard = Buffer.alloc(0);
      heardByBackends.set(name, () => heard);
      const backend = await listen(end, (socket) => {
        socket.write(GREETINGS[name] ?? '');
        socket.on('data', (chunk: Buffer) => {
          heard = Buffer.concat([heard, chunk]);
          if (chunk.includes('overcoat CAPABILITY')) socket.write('* CAPABILITY IMAP4rev1\r\novercoat OK done\r\n');
        });
        socket.on('end', () => socket.end());
      });
      backends.set(name, backend);
      const cancel = name === 'pgsql' ? { pgsqlCancel: 'no' } : {}; // else a request to cancel is told in clear, on purpose
      sections.push(serverSection(name, { connect: backend.port, protocol: name, TIMEOUTbusy: 1, ...cancel }));
    }
    daemon = await startDaemon(end, { config: sections.join('') });
  });

  for (const [protocol, cases] of Object.entries(CLIENTS)) {
    for (const peer of cases) {
      test(`${protocol}: ${peer.what}`, async (t) => {
        const client = playHostile(startDial(t, await daemon.port(protocol)), peer);
        await within('the client is closed', client.ended);
        const heard = (heardByBackends.get(protocol)?.() ?? Buffer.alloc(0)).toString('latin1');
        assert.equal(heard.replaceAll('overcoat CAPABILITY\r\n', ''), '', 'the backend hears nothing of a client without TLS');
        await eventually('the backend is let go', () => backends.get(protocol)?.accepted.every((socket) => socket.closed));
      });
    }
  }

  test('are at least 90 together with the servers', () => {
    const all = [...Object.values(UPSTREAMS), ...Object.values(CLIENTS)].flat();
    assert.ok(all.length >= 90, `${all.length} dialogues`);
  });

  test('holds nothing when all is over', () => daemon.stop());
});
