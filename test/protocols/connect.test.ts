/** HTTP CONNECT as transcripts, both directions. */
// Tests: src/protocols/http-response.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OvercoatError } from '../../src/errors.ts';
import { connectClient, connectServer } from '../../src/protocols/connect.ts';
import { Secret } from '../../src/secret.ts';
import { asksDns, client, dials, endOf, input, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

const TARGET = 'target.example:993';
const ASKED = toUpstream(`CONNECT ${TARGET} HTTP/1.1\r\nHost: ${TARGET}\r\n\r\n`);
const OK = 'HTTP/1.1 200 Connection established\r\n\r\n';

test('client: any 2xx, whatever the headers', () => {
  for (const answer of [OK, 'HTTP/1.0 200\r\nVia: x\r\nContent-Length: 10\r\n\r\n', 'HTTP/1.1 299 fine\n\n']) {
    assert.equal(play(connectClient(input({ host: TARGET })), [ASKED, upstream(answer), tls('upstream')]).end, 'done', answer);
  }
});

test('client: extra headers, Basic, and an IPv6 target in brackets', () => {
  const config = { host: '2001:db8::1:443', headers: ['X-One: 1', 'User-Agent: x'], username: 'fred', password: new Secret('p:w') };
  play(connectClient(input(config)), [
    toUpstream('CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\nX-One: 1\r\nUser-Agent: x\r\n'),
    toUpstream(`Proxy-Authorization: Basic ${Buffer.from('fred:p:w').toString('base64')}\r\n\r\n`),
    upstream(OK),
    tls('upstream'),
  ]);
});

test('client: credentials of a file that is no UTF-8 are sent as they stand there', () => {
  play(connectClient(input({ host: TARGET, username: 'jos\udce9', password: new Secret('pa\udcdf') })), [
    toUpstream(`CONNECT ${TARGET} HTTP/1.1\r\nHost: ${TARGET}\r\n`),
    toUpstream(`Proxy-Authorization: Basic ${Buffer.from('jos\xe9:pa\xdf', 'latin1').toString('base64')}\r\n\r\n`),
    upstream(OK),
    tls('upstream'),
  ]);
});

test('client: a proxy that says again what it was told does not bring it into the message', () => {
  const token = Buffer.from('fred:p:wonderland').toString('base64');
  const config = { host: TARGET, headers: ['X-Token: Bearer 0123456789'], username: 'fred', password: new Secret('p:wonderland') };
  for (const said of [token, token.slice(5), 'p:wonderland', '0123456789'])
    for (const status of ['HTTP/1.1 400', 'SIP/2.0 400']) {
      const played = play(connectClient(input(config)), [
        toUpstream(`CONNECT ${TARGET} HTTP/1.1\r\nHost: ${TARGET}\r\nX-Token: Bearer 0123456789\r\n`),
        toUpstream(`Proxy-Authorization: Basic ${token}\r\n\r\n`),
        upstream(`${status} what is ${said}\r\n\r\n`),
      ]);
      assert.match(endOf(played), /400 what is ?…"$/, said);
    }
});

const CHALLENGE = Buffer.concat([
  Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1'),
  Buffer.alloc(8),
  Buffer.from([1, 0, 0, 0]),
  Buffer.alloc(16, 7),
]);

for (const [what, body] of [
  ['a length', 'Content-Length: 5\r\n\r\nsorry'],
  ['no body', 'Content-Length: 0\r\n\r\n'],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nsor\r\n2\r\nry\r\n0\r\nTrailer: x\r\n\r\n'],
] as const) {
  test(`client: NTLM in two requests on one connection, the refusal with ${what}`, () => {
    const config = { host: TARGET, authentication: 'ntlm', username: 'User', domain: 'Domain', password: new Secret('Password') } as const;
    const conversation = connectClient(input(config));
    const requests: string[] = [];
    const answers = [
      `HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM ${CHALLENGE.toString('base64')}\r\n${body}`,
      OK,
    ];
    let heard = Buffer.alloc(0);
    let answer: unknown;
    for (let step = conversation.next(answer); !step.done; step = conversation.next(answer)) {
      answer = undefined;
      const { value } = step;
      if (value.kind === 'write') {
        requests.push(value.bytes.toString());
        heard = Buffer.concat([heard, Buffer.from(answers.shift() ?? '')]);
      } else if (value.kind === 'read') {
        const measured = value.measure(heard);
        assert.equal(measured.kind, 'whole');
        const length = measured.kind === 'whole' ? measured.length : 0;
        answer = heard.subarray(0, length);
        heard = heard.subarray(length);
      } else {
        assert.equal(value.kind, 'start-tls');
        assert.equal(heard.length, 0, 'the whole answer was read');
      }
    }
    const tokens = requests.map((request) => request.match(/Proxy-Authorization: NTLM (\S+)/)?.[1] ?? '');
    assert.deepEqual(
      tokens.map((token) => Buffer.from(token, 'base64').readUInt32LE(8)),
      [1, 3],
    );
  });
}

test('client: refusals are quoted, and no password with them', () => {
  const played = play(connectClient(input({ host: TARGET })), [ASKED, upstream('HTTP/1.1 403 Forbidden\r\n\r\n')]);
  assert.match(endOf(played), /negotiation_failed.*HTTP\/1\.1 403 Forbidden/);
  const secret = input({ host: TARGET, authentication: 'ntlm', username: 'u', password: new Secret('hunter2') });
  const conversation = connectClient(secret);
  conversation.next();
  for (const answer of ['HTTP/1.1 407 x\r\n\r\n', 'HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM AAAA\r\n\r\n', OK]) {
    const again = play(connectClient(secret), [
      toUpstream(
        `CONNECT ${TARGET} HTTP/1.1\r\nHost: ${TARGET}\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: NTLM TlRMTVNTUAABAAAABYIIAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n`,
      ),
      upstream(answer),
    ]);
    assert.ok(again.end instanceof OvercoatError && !again.end.message.includes('hunter2'));
    assert.deepEqual(again.secured, []);
  }
});

for (const answer of [
  'HTTP/2 200 ok',
  'HTTP/1.1 2000 ok',
  'HTTP/1.1 20 ok',
  'HTTP/1.1 1xx',
  '200 ok',
  'HTTP/1.1 100 Continue',
  'ICY 200 OK',
  'HTTP/1.1  200 ok',
]) {
  test(`client: "${answer}" is no consent`, () => {
    const played = play(connectClient(input({ host: TARGET })), [ASKED, upstream(`${answer}\r\n\r\n`)]);
    assert.match(endOf(played), /negotiation_failed/);
    assert.deepEqual(played.secured, []);
  });
}

const REQUEST = client('CONNECT example.org:25 HTTP/1.1\r\nHost: example.org:25\r\nProxy-Authorization: Basic x\r\n\r\n');
const ESTABLISHED = toClient('HTTP/1.1 200 Connection established\r\n\r\n');

test('server: resolves and judges in clear, dials once the client was accepted', () => {
  const { dialled } = play(connectServer(input()), [
    REQUEST,
    asksDns('example.org', ['192.0.2.1', '2001:db8::1']),
    ESTABLISHED,
    tls('client'),
    dials('example.org'),
  ]);
  assert.deepEqual(dialled, { host: 'example.org', port: 25, addresses: ['192.0.2.1', '2001:db8::1'] });
});

test('server: an address needs no name server', () => {
  play(connectServer(input()), [client('CONNECT [2001:db8::2]:443 HTTP/1.0\r\n\r\n'), ESTABLISHED, tls('client'), dials('2001:db8::2')]);
});

test('server: a failed dial ends the connection', () => {
  const error = new OvercoatError('upstream_refused', 'no');
  const script = [
    client('CONNECT 192.0.2.1:443 HTTP/1.1\r\n\r\n'),
    ESTABLISHED,
    tls('client'),
    dials('192.0.2.1', { connected: false, error }),
  ];
  assert.equal(play(connectServer(input()), script).end, error);
});

const refusal = (status: string) => toClient(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);

test('server: 403 for what may not be reached, before and after DNS', () => {
  const literal = play(connectServer(input()), [client('CONNECT 2130706433:22 HTTP/1.1\r\n\r\n'), refusal('403 Forbidden')]);
  assert.match(endOf(literal), /destination_refused/);
  const named = play(connectServer(input()), [REQUEST, asksDns('example.org', ['192.0.2.1', '::1']), refusal('403 Forbidden')]);
  assert.match(endOf(named), /destination_refused/);
});

test('server: 404 for a name without an address', () => {
  assert.match(endOf(play(connectServer(input()), [REQUEST, asksDns('example.org', []), refusal('404 Not Found')])), /upstream_unresolved/);
});

for (const request of [
  'GET http://example.org/ HTTP/1.1',
  'CONNECT example.org HTTP/1.1',
  'CONNECT example.org:0 HTTP/1.1',
  'CONNECT :25 HTTP/1.1',
  'CONNECT a:25 b HTTP/1.1',
  'CONNECT a:25',
  'CONNECT a:99999 HTTP/1.1',
  'CONNECT a:+25 HTTP/1.1',
  '',
]) {
  test(`server: 400 for "${request}"`, () => {
    assert.match(endOf(play(connectServer(input()), [client(`${request}\r\n`), refusal('400 Bad Request')])), /negotiation_failed/);
  });
}

test('server: of a request that is no CONNECT only the method is said', () => {
  const ending = (request: string) => endOf(play(connectServer(input()), [client(`${request}\r\n`), refusal('400 Bad Request')]));
  const get = ending('GET http://me:secret@host.test/app/key?token=abc HTTP/1.1');
  assert.match(get, /no CONNECT request but "GET"/);
  const malformed = ending('CONNECT secret@host/key HTTP/1.1');
  assert.match(malformed, /a CONNECT request that cannot be read/);
  for (const text of [get, malformed]) assert.ok(!/secret|key|token/.test(text), text);
});
