/** ManageSieve as transcripts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sieveClient } from '../../src/protocols/sieve.ts';
import { client, endOf, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

const CLEAR = '"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SIEVE" "fileinto"\r\n"SASL" ""\r\n"STARTTLS"\r\nOK "ready"\r\n';

test('the client gets the greeting that came inside TLS', () => {
  const { unread } = play(sieveClient(), [
    upstream(CLEAR),
    toUpstream('STARTTLS\r\n'),
    upstream('OK "Begin TLS negotiation now."\r\n'),
    tls('upstream'),
    upstream('"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SASL" "PLAIN"\r\nOK "TLS negotiation successful."\r\n'),
    toClient('"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SASL" "PLAIN"\r\nOK "TLS negotiation successful."\r\n'),
    client('CAPABILITY\r\n'),
    toUpstream('CAPABILITY\r\n'),
    upstream('"SASL" "PLAIN"\r\n"starttls"\r\nOK\r\n'),
    toClient('"SASL" "PLAIN"\r\nOK\r\n'),
    client('AUTHENTICATE "PLAIN" "..."\r\n'),
  ]);
  assert.equal(unread.client, 'AUTHENTICATE "PLAIN" "..."\r\n');
});

test('NO, BYE and lines of something else are no consent', () => {
  for (const answer of ['NO "not now"', 'BYE', '220 go', 'OKAY']) {
    const played = play(sieveClient(), [upstream(CLEAR), toUpstream('STARTTLS\r\n'), upstream(`${answer}\r\n`)]);
    assert.match(endOf(played), /negotiation_failed/, answer);
    assert.equal(played.heard.client, '');
  }
  assert.match(endOf(play(sieveClient(), [upstream('"X" "y"\r\n'.repeat(101))])), /more than 100/);
});
