/** PostgreSQL as transcripts, both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pgsqlClient, pgsqlDirectClient, pgsqlServer } from '../../src/protocols/pgsql.ts';
import { client, dials, endOf, input, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

const SSL = Buffer.from('0000000804d2162f', 'hex');
const GSS = Buffer.from('0000000804d21630', 'hex');
/** CancelRequest: length, code, process, secret. */
const CANCEL = Buffer.from('0000001004d2162e0000002a12345678', 'hex');
const server = (cancelInClear = true) => pgsqlServer(input({ cancelInClear }));
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
  play(server(), [client(GSS), toClient('N'), client(SSL), toClient('S'), tls('client')]);
});

test('server: a client that does not ask for TLS is told why it cannot stay', () => {
  const played = play(server(), [client(STARTUP), toClient('E\0\0\0\x30SFATAL\0VFATAL\0C28000\0MTLS is required here\0\0')]);
  assert.match(endOf(played), /negotiation_failed/);
  assert.deepEqual(played.secured, []);
});

test('server: a client that speaks TLS directly, also after N', () => {
  assert.equal(play(server(), [client('\x16\x03\x01'), tls('client')]).end, 'done');
  assert.equal(play(server(), [client(GSS), toClient('N'), client('\x16\x03\x01'), tls('client')]).end, 'done');
});

test('server: a query is cancelled in clear, in 16 bytes, and nobody answers', () => {
  const played = play(server(), [client(CANCEL), dials(), toUpstream(CANCEL)]);
  assert.equal(played.heard.client, '');
  assert.deepEqual(played.secured, []);
});

test('server: not where the service does not allow it', () => {
  const played = play(server(false), [client(CANCEL)]);
  assert.match(endOf(played), /negotiation_failed.*cancel a query.*pgsqlCancel = yes/);
  assert.equal(played.heard.upstream, '');
});
