/** IMAP as transcripts, both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imapClient, imapServer } from '../../src/protocols/imap.ts';
import { client, dials, endOf, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

const STARTED = [
  upstream('* OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] Dovecot ready.\r\n'),
  toUpstream('overcoat STARTTLS\r\n'),
  upstream('* OK a note\r\novercoat OK Begin TLS negotiation now.\r\n'),
  tls('upstream'),
  toClient('* OK Dovecot ready.\r\n'),
];

test('client: what was offered in clear never reaches the client, and inside TLS there is no STARTTLS', () => {
  const { unread } = play(imapClient(), [
    ...STARTED,
    client('a1 ID NIL\r\n'),
    toUpstream('a1 ID NIL\r\n'),
    upstream('* ID NIL\r\na1 OK done\r\n'),
    toClient('* ID NIL\r\na1 OK done\r\n'),
    client('a2 capability\r\n'),
    toUpstream('a2 capability\r\n'),
    upstream('* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN\r\na2 OK [CAPABILITY IMAP4rev1 starttls] done\r\n'),
    toClient('* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na2 OK [CAPABILITY IMAP4rev1] done\r\n'),
    client('a3 LOGIN user secret\r\n'),
  ]);
  assert.equal(unread.client, 'a3 LOGIN user secret\r\n');
});

test('client: LOGINDISABLED stays where the server does not offer STARTTLS', () => {
  play(imapClient(), [
    ...STARTED,
    client('a CAPABILITY\r\n'),
    toUpstream('a CAPABILITY\r\n'),
    upstream('* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI\r\na OK\r\n'),
    toClient('* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI\r\na OK\r\n'),
  ]);
});

test('client: a server that says goodbye while the client is silent', () => {
  const { end, unread } = play(imapClient(), [...STARTED, upstream('* BYE idle for too long\r\n')]);
  assert.equal(end, 'done');
  assert.equal(unread.upstream, '* BYE idle for too long\r\n');
});

test('client: a line with a literal is none of ours', () => {
  const { unread } = play(imapClient(), [...STARTED, client('a ID ("name" {3}\r\n')]);
  assert.equal(unread.client, 'a ID ("name" {3}\r\n');
});

for (const greeting of ['* PREAUTH welcome', '* BYE no', 'OK', '* OKAY', '* [CAPABILITY OK] x', '220 mail']) {
  test(`client: the greeting "${greeting}" ends it`, () => {
    const played = play(imapClient(), [upstream(`${greeting}\r\n`)]);
    assert.match(endOf(played), /negotiation_failed/);
    assert.deepEqual(played.heard, { client: '', upstream: '' });
  });
}

for (const answer of ['overcoat NO not now', 'overcoat BAD what', 'a1 OK for somebody else', '+ go ahead', '* BYE']) {
  test(`client: "${answer}" is no consent to STARTTLS`, () => {
    const played = play(imapClient(), [upstream('* OK hi\r\n'), toUpstream('overcoat STARTTLS\r\n'), upstream(`${answer}\r\n`)]);
    assert.ok(played.end === 'waiting' || /negotiation_failed/.test(endOf(played)));
    assert.deepEqual(played.secured, []);
  });
}

test('server: the capabilities are the backend’s plus STARTTLS, asked in our own words', () => {
  const { heard } = play(imapServer(), [
    dials(),
    upstream('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n'),
    toClient('* OK ready\r\n'),
    client('x1 CAPABILITY\r\n'),
    toUpstream('overcoat CAPABILITY\r\n'),
    upstream('* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN\r\novercoat OK done\r\n'),
    toClient('* CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS LOGINDISABLED\r\nx1 OK CAPABILITY completed\r\n'),
    client('x2 LOGIN fred secret\r\n'),
    toClient('x2 NO [PRIVACYREQUIRED] STARTTLS first\r\n'),
    client('x3 NOOP\r\n'),
    toClient('x3 OK NOOP completed\r\n'),
    client('x4 StartTLS\r\n'),
    toClient('x4 OK Begin TLS negotiation now\r\n'),
    tls('client'),
  ]);
  assert.equal(heard.upstream, 'overcoat CAPABILITY\r\n');
});

test('server: LOGOUT, a line without a tag, and a client that speaks TLS from the start', () => {
  const greeted = [dials(), upstream('* OK hi\r\n'), toClient('* OK hi\r\n')];
  const logout = play(imapServer(), [...greeted, client('a LOGOUT\r\n'), toClient('* BYE logging out\r\na OK LOGOUT completed\r\n')]);
  assert.equal(logout.end, 'over');
  assert.match(endOf(play(imapServer(), [...greeted, client('* STARTTLS\r\n'), toClient('* BAD no tag\r\n')])), /negotiation_failed/);
  assert.equal(play(imapServer(), [client('\x16\x03\x01'), tls('client')]).end, 'done');
});

test('client: only a code with offers in it is taken out of the greeting', () => {
  for (const [greeting, passed] of [
    ['* OK [KAPABILITY IMAP4rev1 STARTTLS] ready (stunnel)', '* OK ready (stunnel)'],
    ['* OK [capability IMAP4rev1] ready', '* OK ready'],
    ['* OK [ALERT] down at noon [CAPABILITY]', '* OK [ALERT] down at noon [CAPABILITY]'],
    ['* OK no code ]', '* OK no code ]'],
  ] as const) {
    play(imapClient(), [
      upstream(`${greeting}\r\n`),
      toUpstream('overcoat STARTTLS\r\n'),
      upstream('overcoat OK\r\n'),
      tls('upstream'),
      toClient(`${passed}\r\n`),
    ]);
  }
});
