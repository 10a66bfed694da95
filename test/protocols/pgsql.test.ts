/** PostgreSQL as transcripts, both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pgsqlClient, pgsqlDirectClient, pgsqlServer } from '../../src/protocols/pgsql.ts';
import { client, endOf, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

const SSL = Buffer.from('0000000804d2162f', 'hex');
const GSS = Buffer.from('0000000804d21630', 'hex');
/** StartupMessage of protocol 3.0 with a user. */
const STARTUP = Buffer.from('0000001300030000757365720066726564000000', 'hex');

test('client: SSLRequest upstream; the client’s own requests get N', () => {
  const asked = Buffer.concat([GSS, SSL, STARTUP]);
  const { unread } = play(pgsqlClient(), [toUpstream(SSL), upstream('S'), tls('upstream'), client(asked), toClient('NN')]);
  assert.equal(unread.client, STARTUP.toString('latin1'));
});

test('client: without a request of its own nothing is answered', () => {
  const { unread, heard } = play(pgsqlClient(), [toUpstream(SSL), upstream('S'), tls('upstream'), client(STARTUP.subarray(0, 4))]);
  assert.equal(unread.client, STARTUP.subarray(0, 4).toString('latin1'));
  assert.equal(heard.client, '');
});

for (const answer of ['N', 'E', 's', '\0', 'E\0\0\0\x20SERROR\0']) {
  test(`client: ${JSON.stringify(answer)} is no consent`, () => {
    const played = play(pgsqlClient(), [toUpstream(SSL), upstream(answer)]);
    assert.match(endOf(played), /negotiation_failed/);
    assert.deepEqual(played.secured, []);
  });
}

test('direct: TLS at once, with the application protocol', () => {
  play(pgsqlDirectClient(), [tls('upstream', { alpn: 'postgresql' }), client(SSL), toClient('N')]);
  const played = play(pgsqlDirectClient(), [tls('upstream')]);
  assert.match(endOf(played), /negotiation_failed.*ALPN/);
});

test('server: GSS is declined, SSL granted', () => {
  play(pgsqlServer(), [client(GSS), toClient('N'), client(SSL), toClient('S'), tls('client')]);
});

test('server: a client that does not ask for TLS is told why it cannot stay', () => {
  const played = play(pgsqlServer(), [client(STARTUP), toClient('E\0\0\0\x30SFATAL\0VFATAL\0C28000\0MTLS is required here\0\0')]);
  assert.match(endOf(played), /negotiation_failed/);
  assert.deepEqual(played.secured, []);
});

test('server: a client that speaks TLS directly, also after N', () => {
  assert.equal(play(pgsqlServer(), [client('\x16\x03\x01'), tls('client')]).end, 'done');
  assert.equal(play(pgsqlServer(), [client(GSS), toClient('N'), client('\x16\x03\x01'), tls('client')]).end, 'done');
});
