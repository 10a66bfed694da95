/** POP3 as transcripts, both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pop3Client, pop3Server } from '../../src/protocols/pop3.ts';
import { client, dials, endOf, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

const GREETING = '+OK POP3 ready <1896.697170952@dbc.mtview.ca.us>\r\n';

test('client: the time stamp for APOP stays, STLS disappears from the capabilities', () => {
  const { unread } = play(pop3Client(), [
    upstream(GREETING),
    toUpstream('STLS\r\n'),
    upstream('+OK Begin TLS negotiation\r\n'),
    tls('upstream'),
    toClient(GREETING),
    client('CAPA\r\n'),
    toUpstream('CAPA\r\n'),
    upstream('+OK\r\nTOP\r\nSTLS\r\nUSER\r\n.\r\n'),
    toClient('+OK\r\nTOP\r\nUSER\r\n.\r\n'),
    client('capa\r\n'),
    toUpstream('capa\r\n'),
    upstream('-ERR no\r\n'),
    toClient('-ERR no\r\n'),
    client('USER fred\r\n'),
  ]);
  assert.equal(unread.client, 'USER fred\r\n');
});

test('client: a refused STLS and a strange greeting end it', () => {
  assert.match(
    endOf(play(pop3Client(), [upstream(GREETING), toUpstream('STLS\r\n'), upstream('-ERR no\r\n')])),
    /negotiation_failed.*-ERR no/,
  );
  assert.match(endOf(play(pop3Client(), [upstream('-ERR go away\r\n')])), /negotiation_failed/);
  assert.match(endOf(play(pop3Client(), [upstream('+OKAY\r\n')])), /negotiation_failed/);
});

test('server: CAPA, refused commands, and STLS', () => {
  const { heard } = play(pop3Server(), [
    dials(),
    upstream(GREETING),
    toClient(GREETING),
    client('CAPA\r\n'),
    toClient('+OK\r\nSTLS\r\n.\r\n'),
    client('USER fred\r\n'),
    toClient('-ERR STLS first\r\n'),
    client('STLS\r\n'),
    toClient('+OK Begin TLS\r\n'),
    tls('client'),
  ]);
  assert.equal(heard.upstream, '');
});

test('server: QUIT', () => {
  assert.equal(
    play(pop3Server(), [dials(), upstream('+OK\r\n'), toClient('+OK\r\n'), client('QUIT\r\n'), toClient('+OK\r\n')]).end,
    'over',
  );
});
