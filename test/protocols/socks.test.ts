/** SOCKS as transcripts, both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OvercoatError } from '../../src/errors.ts';
import { socksClient, socksServer } from '../../src/protocols/socks.ts';
import { Secret } from '../../src/secret.ts';
import { asksDns, client, dials, endOf, input, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

/** A successful reply with an IPv4 address. */
const GRANTED = upstream([5, 0, 0, 1, 192, 0, 2, 9, 0x10, 0xe1]);

test('client: without protocolHost, where the client was going', () => {
  play(socksClient(input()), [
    tls('upstream'),
    toUpstream([5, 1, 0]),
    upstream([5, 0]),
    toUpstream([5, 1, 0, 1, 203, 0, 113, 5, 0x07, 0x8f]),
    GRANTED,
  ]);
});

test('client: an intercepted IPv6 destination', () => {
  const config = input({}, { originalDestination: () => ({ address: '2001:db8::1', port: 443 }) });
  const address = Buffer.from('20010db8000000000000000000000001', 'hex');
  play(socksClient(config), [
    tls('upstream'),
    toUpstream([5, 1, 0]),
    upstream([5, 0]),
    toUpstream([5, 1, 0, 4, ...address, 0x01, 0xbb]),
    GRANTED,
  ]);
});

test('client: protocolHost as a name, with replies of every address type', () => {
  const request = toUpstream([5, 1, 0, 3, 11, ...Buffer.from('example.org'), 0x01, 0xbb]);
  for (const reply of [
    [5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    [5, 0, 0, 4, ...Buffer.alloc(18)],
    [5, 0, 0, 3, 2, 97, 98, 0, 1],
    [5, 0, 0, 3, 0, 0, 0],
  ]) {
    const { end } = play(socksClient(input({ host: 'example.org:443' })), [
      tls('upstream'),
      toUpstream([5, 1, 0]),
      upstream([5, 0]),
      request,
      upstream(reply),
    ]);
    assert.equal(end, 'done');
  }
});

test('client: user and password, when the server wants them and when it does not', () => {
  const config = input({ host: '192.0.2.1:80', username: 'fred', password: new Secret('pw') });
  const request = toUpstream([5, 1, 0, 1, 192, 0, 2, 1, 0, 80]);
  play(socksClient(config), [
    tls('upstream'),
    toUpstream([5, 2, 0, 2]),
    upstream([5, 2]),
    toUpstream('\x01\x04fred\x02pw'),
    upstream([1, 0]),
    request,
    GRANTED,
  ]);
  play(socksClient(config), [tls('upstream'), toUpstream([5, 2, 0, 2]), upstream([5, 0]), request, GRANTED]);
  const refused = play(socksClient(config), [
    tls('upstream'),
    toUpstream([5, 2, 0, 2]),
    upstream([5, 2]),
    toUpstream('\x01\x04fred\x02pw'),
    upstream([1, 1]),
  ]);
  assert.match(endOf(refused), /negotiation_failed/);
  assert.ok(!endOf(refused).includes('pw'));
});

for (const [what, method] of [
  ['a method nobody offered', [5, 2]],
  ['no method', [5, 0xff]],
  ['another version', [4, 0]],
] as const) {
  test(`client: ${what} ends it`, () => {
    assert.match(endOf(play(socksClient(input()), [tls('upstream'), toUpstream([5, 1, 0]), upstream(method)])), /negotiation_failed/);
  });
}

test('client: refusals are named', () => {
  for (const [code, text] of [
    [1, 'general'],
    [2, 'ruleset'],
    [5, 'connection refused'],
    [8, 'address type'],
    [99, 'code 99'],
  ] as const) {
    const played = play(socksClient(input({ host: '192.0.2.1:80' })), [
      tls('upstream'),
      toUpstream([5, 1, 0]),
      upstream([5, 0]),
      toUpstream([5, 1, 0, 1, 192, 0, 2, 1, 0, 80]),
      upstream([5, code, 0, 1, 0, 0, 0, 0, 0, 0]),
    ]);
    assert.match(endOf(played), new RegExp(text));
  }
});

const GREETED = [tls('client'), client([5, 2, 2, 0]), toClient([5, 0])];

test('server 5: an address, answered once the target is connected, with our end of it', () => {
  const { unread } = play(socksServer(input()), [
    ...GREETED,
    client([5, 1, 0, 1, 198, 51, 100, 7, 0, 80, 71, 69, 84]),
    dials('198.51.100.7'),
    toClient([5, 0, 0, 1, 192, 0, 2, 9, 0x10, 0xe1]),
  ]);
  assert.equal(unread.client, 'GET');
});

test('server 5: a name', () => {
  const { dialled } = play(socksServer(input()), [
    ...GREETED,
    client(Buffer.concat([Buffer.from([5, 1, 0, 3, 11]), Buffer.from('example.org'), Buffer.from([0, 80])])),
    asksDns('example.org', ['198.51.100.7']),
    dials('example.org'),
    toClient([5, 0, 0, 1, 192, 0, 2, 9, 0x10, 0xe1]),
  ]);
  assert.deepEqual(dialled?.addresses, ['198.51.100.7']);
});

test('server 5: IPv6, and an answer without an address in the family asked for', () => {
  const address = Buffer.from('20010db8000000000000000000000001', 'hex');
  play(socksServer(input()), [
    ...GREETED,
    client([5, 1, 0, 4, ...address, 0, 80]),
    dials('2001:db8::1', { connected: true, local: undefined }),
    toClient([5, 0, 0, 4, ...Buffer.alloc(16), 0, 0]),
  ]);
});

/** The reply of version 5 with a code and no address. */
const denied = (code: number) => toClient([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
const WANTS_TARGET = client([5, 1, 0, 1, 198, 51, 100, 7, 0, 80]);

test('server 5: a dial that fails is answered with what happened', () => {
  for (const [code, reply] of [
    ['upstream_refused', 5],
    ['upstream_timeout', 4],
    ['internal', 1],
  ] as const) {
    const error = new OvercoatError(code, 'x');
    assert.equal(
      play(socksServer(input()), [...GREETED, WANTS_TARGET, dials('198.51.100.7', { connected: false, error }), denied(reply)]).end,
      error,
    );
  }
});

test('server 5: what may not be reached, before and after DNS', () => {
  const name = client(Buffer.concat([Buffer.from([5, 1, 0, 3, 9]), Buffer.from('localhost'), Buffer.from([0, 22])]));
  assert.match(endOf(play(socksServer(input()), [...GREETED, name, denied(2)])), /destination_refused/);
  assert.match(
    endOf(play(socksServer(input()), [...GREETED, client([5, 1, 0, 1, 169, 254, 169, 254, 0, 80]), denied(2)])),
    /destination_refused/,
  );
  const other = client(Buffer.concat([Buffer.from([5, 1, 0, 3, 6]), Buffer.from('a.test'), Buffer.from([0, 22])]));
  assert.match(endOf(play(socksServer(input()), [...GREETED, other, asksDns('a.test', ['127.0.0.1']), denied(2)])), /destination_refused/);
  assert.match(endOf(play(socksServer(input()), [...GREETED, other, asksDns('a.test', []), denied(4)])), /upstream_unresolved/);
});

test('server 5: RESOLVE answers and ends', () => {
  const request = client(Buffer.concat([Buffer.from([5, 0xf0, 0, 3, 6]), Buffer.from('a.test'), Buffer.from([0, 0])]));
  const played = play(socksServer(input()), [
    ...GREETED,
    request,
    asksDns('a.test', ['198.51.100.7']),
    toClient([5, 0, 0, 1, 198, 51, 100, 7, 0, 0]),
  ]);
  assert.equal(played.end, 'over');
});

test('server 5: BIND, UDP, a changed version, an address type nobody knows, and a client that wants a password', () => {
  for (const command of [2, 3, 0xf1]) {
    assert.match(
      endOf(play(socksServer(input()), [...GREETED, client([5, command, 0, 1, 198, 51, 100, 7, 0, 80]), denied(7)])),
      /negotiation_failed/,
    );
  }
  assert.match(
    endOf(play(socksServer(input()), [...GREETED, client([4, 1, 0, 1, 198, 51, 100, 7, 0, 80]), denied(1)])),
    /negotiation_failed/,
  );
  assert.match(endOf(play(socksServer(input()), [...GREETED, client([5, 1, 0, 2, 0])])), /address type 2/);
  assert.match(endOf(play(socksServer(input()), [tls('client'), client([5, 1, 2]), toClient([5, 0xff])])), /negotiation_failed/);
  assert.match(endOf(play(socksServer(input()), [tls('client'), client([5, 0]), toClient([5, 0xff])])), /negotiation_failed/);
  assert.match(endOf(play(socksServer(input()), [tls('client'), client('GET / HTTP/1.1\r\n')])), /version 71/);
});

test('server 4 and 4a', () => {
  const granted = toClient([0, 90, 0x10, 0xe1, 192, 0, 2, 9]);
  play(socksServer(input()), [tls('client'), client([4, 1, 0, 80, 198, 51, 100, 7, 0]), dials('198.51.100.7'), granted]);
  const named = client(Buffer.concat([Buffer.from([4, 1, 0, 80, 0, 0, 0, 1]), Buffer.from('fred\0a.test\0', 'latin1')]));
  play(socksServer(input()), [tls('client'), named, asksDns('a.test', ['198.51.100.7']), dials('a.test'), granted]);
  const resolve = client(Buffer.concat([Buffer.from([4, 0xf0, 0, 0, 0, 0, 0, 1]), Buffer.from('\0a.test\0', 'latin1')]));
  const played = play(socksServer(input()), [
    tls('client'),
    resolve,
    asksDns('a.test', ['198.51.100.7']),
    toClient([0, 90, 0, 0, 198, 51, 100, 7]),
  ]);
  assert.equal(played.end, 'over');
});

test('server 4: refusals', () => {
  const denied4 = toClient([0, 91, 0, 0, 0, 0, 0, 0]);
  assert.match(endOf(play(socksServer(input()), [tls('client'), client([4, 1, 0, 80, 127, 0, 0, 1, 0]), denied4])), /destination_refused/);
  assert.match(
    endOf(play(socksServer(input()), [tls('client'), client([4, 2, 0, 80, 198, 51, 100, 7, 0]), denied4])),
    /negotiation_failed/,
  );
  assert.match(
    endOf(
      play(socksServer(input()), [
        tls('client'),
        client(Buffer.concat([Buffer.from([4, 1, 0, 80, 198, 51, 100, 7]), Buffer.alloc(300, 'x')])),
      ]),
    ),
    /255/,
  );
});
