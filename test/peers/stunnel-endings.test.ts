/**
 * How a connection that came to nothing ends, under Debian's stunnel4 and under us: what its client sees, and the word of the line
 * `Connection ...:` (the remote side first where the two sides end differently). What differs on purpose is in docs/migrating.md.
 */
// Tests: src/connection/life/how-to-end.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority, certificate, strangersCertificate } from '../support/data/certificates.ts';
import { closedPort, dial, ending, listen, readExactly, startDial } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

interface Row {
  readonly name: string;
  readonly mode: 'client' | 'server';
  readonly options?: Options;
  /** @returns the port that is dialled */
  readonly upstream?: (t: TestContext) => Promise<number>;
  /** What the client does. @returns how it sees the connection end; '' where it has ended it */
  readonly client: (t: TestContext, port: number) => Promise<string>;
  readonly sees: string;
  readonly word: 'closed' | 'reset' | 'reset/closed' | 'closed/reset';
}

const waits = async (t: TestContext, port: number): Promise<string> => ending(startDial(t, port));
const says =
  (text: string) =>
  (t: TestContext, port: number): Promise<string> => {
    const client = startDial(t, port);
    client.write(text);
    return ending(client);
  };
const upstreamThat = (does: Parameters<typeof listen>[1]) => async (t: TestContext) => (await listen(t, does)).port;

const ROWS: readonly Row[] = [
  {
    name: 'a client that leaves at once',
    mode: 'server',
    client: (t, port) =>
      dial(t, port).then((client) => {
        client.destroy();
        return '';
      }),
    sees: '',
    word: 'reset/closed',
  },
  {
    name: 'a client that ends at once',
    mode: 'server',
    client: async (t, port) => ending((await dial(t, port)).end()),
    sees: 'closed',
    word: 'reset/closed',
  },
  {
    name: 'a client that says nothing',
    mode: 'server',
    options: { TIMEOUTbusy: 1 },
    client: waits,
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'a client that says nothing, with reset = no',
    mode: 'server',
    options: { TIMEOUTbusy: 1, reset: false },
    client: waits,
    sees: 'closed',
    word: 'closed',
  },
  {
    name: 'a client without the certificate that is wanted',
    mode: 'server',
    options: { verifyChain: true, CAfile: authority().certFile },
    client: async (t, port) => {
      const client = await dialTls(t, port, { servername: 'localhost', ...strangersCertificate() });
      return /ALERT/.test(await ending(client)) ? 'an alert' : 'nothing';
    },
    sees: 'an alert',
    word: 'reset/closed',
  },
  {
    name: 'an upstream that refuses',
    mode: 'server',
    upstream: closedPort,
    client: async (t, port) => ending(await dialTls(t, port, { servername: 'localhost' })),
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'an upstream that refuses, behind a negotiation in clear',
    mode: 'server',
    options: { protocol: 'pgsql' },
    upstream: closedPort,
    client: async (t, port) => {
      const socket = await dial(t, port);
      socket.write(Buffer.from('0000000804d2162f', 'hex')); // SSLRequest
      assert.equal((await readExactly(socket, 1)).toString(), 'S');
      return ending(await dialTls(t, port, { servername: 'localhost', socket }));
    },
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'an upstream that refuses, and would have got a PROXY header',
    mode: 'server',
    options: { protocol: 'proxy' },
    upstream: closedPort,
    client: async (t, port) => ending(await dialTls(t, port, { servername: 'localhost' })),
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'a client that speaks HTTP',
    mode: 'server',
    client: says('GET / HTTP/1.0\r\n\r\n'),
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'a client that speaks nothing we know',
    mode: 'server',
    client: says('\x7fnothing that anybody knows'),
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'an upstream that leaves in the handshake',
    mode: 'client',
    upstream: upstreamThat((socket) => void socket.once('data', () => socket.end())),
    client: waits,
    sees: 'ECONNRESET',
    word: 'closed/reset',
  },
  {
    name: 'an upstream that speaks SMTP',
    mode: 'client',
    upstream: upstreamThat((socket) => void socket.write('220 mail.test ESMTP\r\n')),
    client: waits,
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'an upstream that says nothing',
    mode: 'client',
    options: { TIMEOUTbusy: 1 },
    upstream: upstreamThat(() => undefined),
    client: waits,
    sees: 'ECONNRESET',
    word: 'reset',
  },
  {
    name: 'an upstream that nobody trusts',
    mode: 'client',
    options: { verifyChain: true, CAfile: strangersCertificate().certFile },
    upstream: async (t) => (await listenTls(t)).port,
    client: waits,
    sees: 'ECONNRESET',
    word: 'closed/reset',
  },
];

suite('a connection that came to nothing', { skip: requires({ packages: ['stunnel4'] }), concurrency: 3 }, () => {
  for (const { name, mode, options, upstream = upstreamThat(() => undefined), client, sees, word } of ROWS) {
    test(`${name}: ${word}`, async (t) => {
      const connect = await upstream(t);
      const section = (accept: number): string =>
        mode === 'client'
          ? clientSection('s', { accept, connect, ...options })
          : serverSection('s', { accept, connect, cert: certificate('server').bothFile, ...options });
      const port = await closedPort();
      const theirs = await startStunnel(section(port), { directory: tempFolder(t) });
      t.after(() => theirs.stop());
      const ours = await startDaemon(t, { config: section(0) });
      const line = new RegExp(`Connection ${word}: 0 byte`);
      assert.equal(await client(t, port), sees, 'stunnel');
      await theirs.saw(line);
      assert.equal(await client(t, await ours.port('s')), sees, 'ours');
      await ours.line(line);
      await ours.stop();
    });
  }
});
