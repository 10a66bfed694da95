/** SMTP and LMTP as transcripts, both directions. */
// Tests: src/protocols/offers.ts, src/protocols/replies.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OvercoatError } from '../../src/errors.ts';
import { lmtpClient, smtpClient, smtpServer } from '../../src/protocols/smtp.ts';
import { Secret } from '../../src/secret.ts';
import { client, dials, endOf, input, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

/** The clear part up to the switch, as it goes when nothing is wrong. */
const STARTED = [
  upstream('220 mail.example.org ESMTP\r\n'),
  toUpstream('EHLO localhost\r\n'),
  upstream('250-mail.example.org\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n'),
  toUpstream('STARTTLS\r\n'),
  upstream('220 2.0.0 Ready to start TLS\r\n'),
];

test('client: the greeting waits for the verified server, and the client finds no STARTTLS', () => {
  const { end, unread } = play(smtpClient(input()), [
    ...STARTED,
    tls('upstream'),
    toClient('220 mail.example.org ESMTP\r\n'),
    client('EHLO sender.example.net\r\n'),
    toUpstream('EHLO sender.example.net\r\n'),
    upstream('250-mail.example.org\r\n250-starttls\r\n250-SIZE 1000\r\n250 STARTTLS\r\n'),
    toClient('250-mail.example.org\r\n250 SIZE 1000\r\n'),
    client('MAIL FROM:<a@example.net>\r\nRCPT'),
  ]);
  assert.equal(end, 'done');
  assert.equal(unread.client, 'MAIL FROM:<a@example.net>\r\nRCPT', 'everything else is the relay’s');
});

test('client: a greeting of several lines, and protocolHost as the name of the hello', () => {
  play(smtpClient(input({ host: 'relay.example.net' })), [
    upstream('220-mail.example.org\r\n220-no spam\r\n220 please\r\n'),
    toUpstream('EHLO relay.example.net\r\n'),
    upstream('250-hello\r\n250 STARTTLS\r\n'),
    toUpstream('STARTTLS\r\n'),
    upstream('220 go\r\n'),
    tls('upstream'),
    toClient('220-mail.example.org\r\n220-no spam\r\n220 please\r\n'),
  ]);
});

test('client: AUTH PLAIN once TLS is up, and only then', () => {
  play(smtpClient(input({ username: 'user', password: new Secret('pässword') })), [
    ...STARTED,
    tls('upstream'),
    toUpstream('EHLO localhost\r\n'),
    upstream('250-mail.example.org\r\n250 AUTH PLAIN LOGIN\r\n'),
    toUpstream(`AUTH PLAIN ${Buffer.from('\0user\0pässword').toString('base64')}\r\n`),
    upstream('235 2.7.0 Authentication successful\r\n'),
    toClient('220 mail.example.org ESMTP\r\n'),
  ]);
});

test('client: a password of a file that is no UTF-8 is sent as it stands there', () => {
  play(smtpClient(input({ username: 'user', password: new Secret('p\udce4ssword') })), [
    ...STARTED,
    tls('upstream'),
    toUpstream('EHLO localhost\r\n'),
    upstream('250-mail.example.org\r\n250 AUTH PLAIN LOGIN\r\n'),
    toUpstream(`AUTH PLAIN ${Buffer.from('\0user\0p\xe4ssword', 'latin1').toString('base64')}\r\n`),
    upstream('235 2.7.0 Authentication successful\r\n'),
    toClient('220 mail.example.org ESMTP\r\n'),
  ]);
});

test('client: AUTH LOGIN', () => {
  play(smtpClient(input({ username: 'user', password: new Secret('secret'), authentication: 'login' })), [
    ...STARTED,
    tls('upstream'),
    toUpstream('EHLO localhost\r\n'),
    upstream('250 ok\r\n'),
    toUpstream('AUTH LOGIN\r\n'),
    upstream('334 VXNlcm5hbWU6\r\n'),
    toUpstream('dXNlcg==\r\n'),
    upstream('334 UGFzc3dvcmQ6\r\n'),
    toUpstream('c2VjcmV0\r\n'),
    upstream('235 ok\r\n'),
    toClient('220 mail.example.org ESMTP\r\n'),
  ]);
});

test('client: a server that says again what it was told does not bring it into the message', () => {
  const plain = 'AHVzZXIAaHVudGVyMg==';
  const login = 'aHVudGVyMg==';
  const logIn = [toUpstream('AUTH LOGIN\r\n'), upstream('334 x\r\n'), toUpstream('dXNlcg==\r\n'), upstream('334 x\r\n')];
  for (const [authentication, said, asked] of [
    ['plain', plain, [toUpstream(`AUTH PLAIN ${plain}\r\n`)]],
    ['plain', plain.slice(2, 11), [toUpstream(`AUTH PLAIN ${plain}\r\n`)]],
    ['login', login, [...logIn, toUpstream(`${login}\r\n`)]],
    ['login', 'hunter2', [...logIn, toUpstream(`${login}\r\n`)]],
  ] as const) {
    const played = play(smtpClient(input({ username: 'user', password: new Secret('hunter2'), authentication })), [
      ...STARTED,
      tls('upstream'),
      toUpstream('EHLO localhost\r\n'),
      upstream('250 ok\r\n'),
      ...asked,
      upstream(`502 5.5.2 unknown: ${said}\r\n`),
    ]);
    assert.match(endOf(played), /with "502 5\.5\.2 unknown: …"$/, said);
  }
});

test('client: a refused password ends it, and is in no message', () => {
  const { end, heard } = play(smtpClient(input({ username: 'user', password: new Secret('hunter2') })), [
    ...STARTED,
    tls('upstream'),
    toUpstream('EHLO localhost\r\n'),
    upstream('250 ok\r\n'),
    toUpstream('AUTH PLAIN AHVzZXIAaHVudGVyMg==\r\n'),
    upstream('535 5.7.8 no\r\n'),
  ]);
  assert.ok(end instanceof OvercoatError);
  assert.equal(end.code, 'negotiation_failed');
  assert.ok(!end.message.includes('hunter2') && !end.message.includes('AHVz'));
  assert.equal(heard.client, '');
});

test('client: the server offers no STARTTLS', () => {
  const played = play(smtpClient(input()), [
    upstream('220 hi\r\n'),
    toUpstream('EHLO localhost\r\n'),
    upstream('250 hi\r\n'),
    toUpstream('STARTTLS\r\n'),
    upstream('502 5.5.1 no such command\r\n'),
  ]);
  assert.match(endOf(played), /which it does not offer.*502/);
});

test('client: a settled dialogue leaves what it does not understand to the relay', () => {
  const settled = [...STARTED, tls('upstream'), toClient('220 mail.example.org ESMTP\r\n')];
  const { unread } = play(smtpClient(input()), [
    ...settled,
    client('EHLO x\r\n'),
    toUpstream('EHLO x\r\n'),
    upstream('250-a\r\n'),
    client('NOOP\r\n'),
  ]);
  assert.deepEqual(unread, { client: 'NOOP\r\n', upstream: '250-a\r\n' });
});

test('client: an error as the answer to EHLO passes, and HELO is the relay’s', () => {
  const { unread } = play(smtpClient(input()), [
    ...STARTED,
    tls('upstream'),
    toClient('220 mail.example.org ESMTP\r\n'),
    client('EHLO x\r\n'),
    toUpstream('EHLO x\r\n'),
    upstream('502 what?\r\n'),
    toClient('502 what?\r\n'),
    client('HELO x\r\n'),
  ]);
  assert.equal(unread.client, 'HELO x\r\n');
});

test('LMTP says LHLO', () => {
  play(lmtpClient(input()), [
    upstream('220 store LMTP\r\n'),
    toUpstream('LHLO localhost\r\n'),
    upstream('250 STARTTLS\r\n'),
    toUpstream('STARTTLS\r\n'),
    upstream('220 go\r\n'),
    tls('upstream'),
    toClient('220 store LMTP\r\n'),
    client('LHLO x\r\n'),
    toUpstream('LHLO x\r\n'),
    upstream('250-store\r\n250 STARTTLS\r\n'),
    toClient('250 store\r\n'),
  ]);
});

test('server: the backend hears nothing before TLS, whatever the client says', () => {
  const { heard } = play(smtpServer(), [
    dials(),
    upstream('220 mail.example.org ESMTP Postfix\r\n'),
    toClient('220 mail.example.org Overcoat for ESMTP Postfix\r\n'),
    client('NOOP\r\n'),
    toClient('250 2.0.0 OK\r\n'),
    client('HELO x\r\n'),
    toClient('250 mail.example.org\r\n'),
    client('MAIL FROM:<a@example.net>\r\n'),
    toClient('530 5.7.0 Must issue a STARTTLS command first\r\n'),
    client('ehlo sender\r\n'),
    toClient('250-mail.example.org\r\n250 STARTTLS\r\n'),
    client('starttls\r\n'),
    toClient('220 2.0.0 Go ahead\r\n'),
    tls('client'),
  ]);
  assert.equal(heard.upstream, '');
});

test('server: a greeting of one word and of several lines', () => {
  play(smtpServer(), [
    dials(),
    upstream('220-mail\r\n220 second line\r\n'),
    toClient('220-mail Overcoat\r\n220 second line\r\n'),
    client('QUIT\r\n'),
    toClient('221 2.0.0 mail closing\r\n'),
  ]);
});

test('server: a client that speaks first has TLS from the start', () => {
  const played = play(smtpServer(), [client('\x16\x03\x01'), tls('client')]);
  assert.equal(played.end, 'done');
  assert.equal(played.unread.client, '\x16\x03\x01');
});

test('server: STARTTLS with a parameter, and a backend without a greeting', () => {
  const greeted = [dials(), upstream('220 m\r\n'), toClient('220 m Overcoat\r\n')];
  assert.match(endOf(play(smtpServer(), [...greeted, client('STARTTLS now\r\n')])), /negotiation_failed/);
  assert.match(endOf(play(smtpServer(), [dials(), upstream('554 no\r\n')])), /negotiation_failed.*554/);
});

test('server: a backend that is not there ends it with the error of the dial', () => {
  const error = new OvercoatError('upstream_refused', 'nobody');
  assert.equal(play(smtpServer(), [dials(undefined, { connected: false, error })]).end, error);
});
