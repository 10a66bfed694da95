/**
 * Server mode, and a client that comes back: its session is resumed, and it reaches the target it had before. The client is ours, a
 * program that is started again and again.
 */
// Tests: src/connection/dial/former-target.ts, src/tls/engine/former-targets.ts, src/tls/engine/server-session-cache.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { closedPort, echoServer } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { section, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';

const SECRETS = { ticketKeySecret: '00112233445566778899aabbccddeeff', ticketMacSecret: 'ffeeddccbbaa99887766554433221100' };
const VISITS = 3;

/** Both ends in one daemon: `[srv]` with these options, and `[visitor]`, which comes until it was there three times. */
async function visited(t: TestContext, server: Options, visitor: Options): Promise<Daemon> {
  const port = await closedPort();
  const daemon = await startDaemon(t, {
    config:
      serverSection('srv', { accept: port, options: '-NO_TICKET', sessionCacheSize: 1, ...server }) +
      section('visitor', { client: true, exec: '/bin/sh', execArgs: 'sh @/visit', connect: port, retry: 50, ...visitor }),
    files: { visit: 'echo hello; read answer' },
  });
  for (const at of ['', '_1', '_2']) await daemon.line(new RegExp(`LOG7\\[0${at}\\]: Service \\[visitor\\] finished`));
  daemon.signal('SIGTERM');
  await daemon.program.finished;
  daemon.assertNoDefect();
  return daemon;
}

/** What follows `text` in the lines of the first three visits, as the server saw them. */
function said({ lines }: Daemon, text: string): string[] {
  return lines
    .filter((line) => line.includes(text))
    .map((line) => line.slice(line.indexOf(text) + text.length))
    .slice(0, VISITS);
}

suite('a client that comes back', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'])
    for (const [name, secrets] of [
      ['', {}],
      [', with the ticket keys of the file', SECRETS],
      [', by the id of its session', { options: 'NO_TICKET' }],
    ] as const)
      test(`${version}${name}: a new session once, then the previous one`, async (t) => {
        const echo = await echoServer(t);
        const daemon = await visited(t, { connect: echo.port, ...secrets }, { sslVersion: version });
        const expected = ['new session negotiated', 'previous session reused', 'previous session reused'];
        assert.deepEqual(said(daemon, 'TLS accepted: '), expected);
        assert.deepEqual(said(daemon, 'TLS connected: '), expected);
        assert.equal(said(daemon, `${version} ciphersuite: `).length, VISITS);
        assert.deepEqual(
          said(daemon, 'persistence: '),
          Array.from({ length: VISITS }, () => `127.0.0.1:${echo.port} cached`),
        );
      });

  test('delay = yes and three targets: the first that answers is kept', async (t) => {
    const [closed, second, third] = [await closedPort(), await echoServer(t), await echoServer(t)];
    const daemon = await visited(t, { connect: [closed, second.port, third.port], delay: true }, { sslVersion: 'TLSv1.2' });
    const kept = `127.0.0.1:${second.port}`;
    assert.deepEqual(said(daemon, 'failover: '), ['priority, starting at entry #0']);
    assert.deepEqual(said(daemon, 'persistence: '), [`${kept} cached`, `${kept} reused`, `${kept} cached`]);
    assert.equal(third.accepted.length, 0);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'])
    test(`failover = rr, ${version}: the second visit reaches the target of the first`, async (t) => {
      const [one, two, three] = [await echoServer(t), await echoServer(t), await echoServer(t)];
      const connect = [one, two, three].map(({ port }) => port);
      const daemon = await visited(t, { connect, failover: 'rr' }, { sslVersion: version });
      const [cached = ''] = said(daemon, 'persistence: ');
      const kept = cached.replace(' cached', '');
      assert.deepEqual(said(daemon, 'persistence: '), [cached, `${kept} reused`, cached]);
      const entry = [one, two, three].findIndex(({ port }) => kept.endsWith(`:${port}`));
      assert.equal(said(daemon, 'failover: ')[0], `round-robin, starting at entry #${entry}`);
    });
});
