/** NNTP as transcripts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nntpClient } from '../../src/protocols/nntp.ts';
import { client, endOf, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

test('STARTTLS, and capabilities without it, also after MODE READER', () => {
  const { unread } = play(nntpClient(), [
    upstream('201 news.example.org ready, no posting\r\n'),
    toUpstream('STARTTLS\r\n'),
    upstream('382 Continue with TLS negotiation\r\n'),
    tls('upstream'),
    toClient('201 news.example.org ready, no posting\r\n'),
    client('CAPABILITIES\r\n'),
    toUpstream('CAPABILITIES\r\n'),
    upstream('101 list\r\nVERSION 2\r\nSTARTTLS\r\nMODE-READER\r\n.\r\n'),
    toClient('101 list\r\nVERSION 2\r\nMODE-READER\r\n.\r\n'),
    client('MODE READER\r\n'),
    toUpstream('MODE READER\r\n'),
    upstream('200 ready\r\n'),
    toClient('200 ready\r\n'),
    client('CAPABILITIES\r\n'),
    toUpstream('CAPABILITIES\r\n'),
    upstream('500 what?\r\n'),
    toClient('500 what?\r\n'),
    client('GROUP misc.test\r\n'),
  ]);
  assert.equal(unread.client, 'GROUP misc.test\r\n');
});

test('anything but 382 is no consent', () => {
  for (const answer of ['580 no', '483 no', '382-', '200 fine', 'x']) {
    const played = play(nntpClient(), [upstream('200 hi\r\n'), toUpstream('STARTTLS\r\n'), upstream(`${answer}\r\n`)]);
    assert.deepEqual(played.secured, [], answer);
    assert.equal(played.heard.client, '', answer);
  }
  assert.match(endOf(play(nntpClient(), [upstream('400 busy\r\n')])), /negotiation_failed.*400 busy/);
});
