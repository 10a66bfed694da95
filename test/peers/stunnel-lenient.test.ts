/**
 * Files that stunnel starts with although something in them cannot work, read by Debian's stunnel4 and by us: both serve, and a client
 * gets the same from both.
 */
// Tests: src/config/options/endpoints.ts, src/config/options/limits.ts, src/config/options/sessions.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { closedPort, collect, echo, startDial } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { clientSection, serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

type Answer = 'echo' | 'reset';

const VERIFIED = `verifyChain = yes\nCAfile = ${authority().certFile}`;

/** A line of a client section, and what its clients get; `connect` is the port of a server that echoes. */
const LINES: readonly (readonly [lines: (connect: number) => string, answer: Answer])[] = [
  [() => 'connect = 127.0.0.1:abc', 'reset'],
  [() => 'connect = abc', 'reset'],
  [() => 'connect = 127.0.0.1:-1', 'reset'],
  [() => 'connect = 127.0.0.1:', 'reset'],
  [() => 'connect =', 'reset'],
  [(connect) => `connect = 127.0.0.1:abc\nconnect = 127.0.0.1:${connect}`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nconnect = 127.0.0.1:abc`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nciphersuites =`, 'reset'],
  [(connect) => `connect = 127.0.0.1:${connect}\nciphersuites =\nsslVersionMax = TLSv1.2`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nservice =\nPSKidentity =\nprotocolHost =\nkey =`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nTIMEOUTbusy = -1\nTIMEOUTclose = -1\nTIMEOUTconnect = -1\nTIMEOUTidle = -1`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nsessionCacheSize = -1\nsessionCacheTimeout = -1`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nsslVersionMin = SSLv3`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nCRLpath = /nonexistent`, 'echo'],
  [(connect) => `connect = 127.0.0.1: ${connect}`, 'echo'],
  [(connect) => `connect = +${connect}`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nTIMEOUTbusy = +5\nTIMEOUTidle = 99999999999999999999\nsessionCacheSize = +5`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nverify = +0\nsecurityLevel = +2`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nsocket = l:SO_RCVBUF=\nsocket = l:SO_SNDBUF=-1\nsocket = l:SO_LINGER=0:`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\nprotocolHeader =\nprotocolUsername =\nprotocolPassword =\nprotocolDomain =`, 'echo'],
  ...['a b', '.', 'a..b', '*.example.org', 'localhost:443', 'http://localhost'].map((name): (typeof LINES)[number] => [
    (connect) => `connect = 127.0.0.1:${connect}\nsni = ${name}`,
    'echo',
  ]),
  [(connect) => `connect = 127.0.0.1:${connect}\nOCSP = https://localhost/`, 'echo'],
  [(connect) => `connect = 127.0.0.1:${connect}\n${VERIFIED}\nOCSP = https://localhost/`, 'reset'],
  [(connect) => `connect = 127.0.0.1:${connect}\n${VERIFIED}\nOCSP =`, 'reset'],
  [(connect) => `connect = 127.0.0.1:${connect}\nprotocol = connect`, 'reset'],
];

async function answerOf(t: TestContext, port: number): Promise<Answer> {
  const client = startDial(t, port);
  client.on('error', () => undefined); // a reset may come before anybody reads
  client.end('hello\n');
  const got = await collect(client).then(String, () => undefined);
  if (got === 'hello\n') return 'echo';
  assert.equal(got, undefined);
  return 'reset';
}

suite('a file that stunnel starts with', { skip: requires({ packages: ['stunnel4'] }) }, () => {
  for (const [lines, answer] of LINES) {
    test(lines(443).replaceAll('\n', ', '), async (t) => {
      const { port: connect } = await listenTls(t, {}, echo);
      const port = await closedPort();
      const theirs = await startStunnel(clientSection('s', { accept: port }, lines(connect)), { directory: tempFolder(t) });
      t.after(() => theirs.stop());
      const ours = await startDaemon(t, { config: clientSection('s', {}, lines(connect)) });
      assert.equal(await answerOf(t, port), answer, 'stunnel');
      assert.equal(await answerOf(t, await ours.port('s')), answer, 'ours');
      await ours.stop();
    });
  }

  test('a program with an empty line of arguments', async (t) => {
    const options = { cert: certificate('server').bothFile, key: undefined, exec: '/bin/cat', execArgs: '' };
    const port = await closedPort();
    const theirs = await startStunnel(serverSection('s', { accept: port, ...options }), { directory: tempFolder(t) });
    t.after(() => theirs.stop());
    const ours = await startDaemon(t, { config: serverSection('s', options) });
    for (const place of [port, await ours.port('s')]) {
      const client = await dialTls(t, place, { servername: 'localhost' });
      client.end('hello\n');
      assert.equal(String(await collect(client)), 'hello\n');
    }
    await ours.stop();
  });
});
