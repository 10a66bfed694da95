/**
 * Server mode, the client in TLS and where it wants to go refuses: it hears so where its protocol can say it, and an end in order behind
 * that; everywhere else it is reset, and never sees an empty stream that looks whole.
 */
// Tests: src/connection/life/how-to-end.ts, src/connection/talk/negotiate.ts
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority } from '../support/data/certificates.ts';
import { closedPort, dial, ending, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';

interface Row {
  readonly name: string;
  readonly options: (refusing: number) => Options;
  /** What is said in clear, and the answer that TLS begins behind. */
  readonly inClear?: (refusing: number) => readonly [said: string, answer: string];
  /** What is said inside TLS, and the beginning of the last words. */
  readonly inside?: (refusing: number) => readonly [said: Buffer, answer: Buffer];
  readonly sees: 'closed' | 'ECONNRESET';
}

const REFUSING_ALL = { verifyChain: true, CAfile: authority().certFile };
const sslRequest = (): readonly [string, string] => ['\0\0\0\x08\x04\xd2\x16\x2f', 'S'];
const port16 = (port: number): Buffer => Buffer.of(port >> 8, port & 0xff);

const ROWS: readonly Row[] = [
  {
    name: 'SOCKS says so',
    options: () => ({ protocol: 'socks', allowTargets: '127.0.0.0/8' }),
    inside: (port) => [Buffer.concat([Buffer.of(5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1), port16(port)]), Buffer.of(5, 0, 5, 5)],
    sees: 'closed',
  },
  {
    name: 'CONNECT has said its last before',
    options: () => ({ protocol: 'connect', allowTargets: '127.0.0.0/8' }),
    inClear: (port) => [`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`, 'HTTP/1.1 200 Connection established\r\n\r\n'],
    sees: 'ECONNRESET',
  },
  { name: 'PostgreSQL, asked for TLS', options: (connect) => ({ protocol: 'pgsql', connect }), inClear: sslRequest, sees: 'ECONNRESET' },
  { name: 'PostgreSQL, TLS at once', options: (connect) => ({ protocol: 'pgsql', connect }), sees: 'ECONNRESET' },
  { name: 'IMAP, TLS at once', options: (connect) => ({ protocol: 'imap', connect }), sees: 'ECONNRESET' },
  {
    name: 'redirect behind a negotiation',
    options: (redirect) => ({ protocol: 'pgsql', connect: 1, redirect, ...REFUSING_ALL }),
    inClear: sslRequest,
    sees: 'ECONNRESET',
  },
];

async function begin(t: TestContext, port: number, clear: readonly [string, string] | undefined): Promise<Socket> {
  if (clear === undefined) return dialTls(t, port, { servername: 'localhost' });
  const socket = await dial(t, port);
  socket.write(Buffer.from(clear[0], 'latin1'));
  assert.equal((await readExactly(socket, clear[1].length)).toString('latin1'), clear[1]);
  return dialTls(t, port, { servername: 'localhost', socket });
}

suite('a TLS client whose destination refuses', { concurrency: true }, () => {
  for (const { name, options, inClear, inside, sees } of ROWS)
    test(`${name}: ${sees}`, async (t) => {
      const refusing = await closedPort();
      const daemon = await startDaemon(t, { config: serverSection('svc', options(refusing)) });
      const client = await begin(t, await daemon.port('svc'), inClear?.(refusing));
      if (inside !== undefined) {
        const [said, answer] = inside(refusing);
        client.write(said);
        assert.deepEqual(await readExactly(client, answer.length), answer);
      }
      assert.equal(await ending(client), sees);
      await daemon.line(sees === 'closed' ? 'Connection reset/closed: ' : 'Connection reset: ');
      await daemon.stop();
    });
});
