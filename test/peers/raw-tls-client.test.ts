/**
 * Raw conversations of a server's, held with `openssl s_client` and, the same, with Overcoat's client mode on the same OpenSSL (the
 * distribution's): alert for alert, what is answered must be the same. test/peers/raw-tls.test.ts has the other direction.
 */
// Tests: src/openssl/connection.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { before, suite, test } from 'node:test';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, strangersCertificate } from '../support/data/certificates.ts';
import { within } from '../support/eventually.ts';
import { dial } from '../support/net/tcp.ts';
import { clientSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startOpensslClient } from '../support/peers/openssl.ts';
import type { RawIdentity } from '../support/raw-tls/client.ts';
import { Over } from '../support/raw-tls/client.ts';
import type { Identities } from '../support/raw-tls/row.ts';
import { RawServer } from '../support/raw-tls/server.ts';
import type { ServerRow } from '../support/raw-tls/server-rows.ts';
import { serverRows } from '../support/raw-tls/server-rows.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

const LANES = 6;
/** The second is for the key of the certificate; of the first comes a share. */
const GROUPS = 'X25519:P-256';

const of = ({ certificate: pem, key }: Stored): RawIdentity => ({ der: new X509Certificate(pem).raw, key: createPrivateKey(key) });
const OWN = of(certificate('server'));
/** Who shows what: `good` is somebody else's, of the right authority. */
const WHO: Identities = { good: of(certificate('client')), stranger: of(strangersCertificate()), expired: of(certificate('expired')) };

/** A client of the raw server, that sends a line as soon as it may; `end` takes it away. */
type Call = () => Promise<{ readonly end: () => Promise<void> }>;

suite('raw conversations beside s_client', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  const lanes: Server[] = [];
  let daemon: Daemon;

  before(async () => {
    for (let n = 0; n < LANES; n += 1) {
      const server = createServer({ allowHalfOpen: true, noDelay: true });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => void server.close());
      lanes.push(server);
    }
    const config = lanes
      .map((lane, n) => clientSection(`lane${n}`, { connect: portOf(lane), ...verified(), sni: 'localhost', curves: GROUPS }))
      .join('');
    daemon = await startDaemon(t, { config, env: { OVERCOAT_OPENSSL: libraryOfOpenssl() } });
  });

  test('each row is answered alike', async () => {
    assert.ok(serverRows.length > 150, String(serverRows.length));
    const ours = await holdAll((n) => async () => {
      const socket = await dial(t, await daemon.port(`lane${n}`));
      socket.on('error', () => undefined).on('end', () => socket.end());
      socket.resume().write('raw\n');
      return { end: async () => void socket.destroy() };
    });
    const theirs = await holdAll((n) => async () => {
      const options = ['-quiet', '-CAfile', authority().certFile, '-verify_return_error', '-groups', GROUPS, '-servername', 'localhost'];
      const program = startOpensslClient(`127.0.0.1:${portOf(lanes[n] as Server)}`, ['-status', '-ignore_unexpected_eof', ...options]);
      program.write('raw\n');
      return { end: () => program.stop('SIGKILL').then(() => undefined) };
    });
    const different = serverRows.flatMap(({ name, version }, at) =>
      ours[at] === theirs[at] ? [] : [`${version}, ${name}: ${ours[at]}, not ${theirs[at]}`],
    );
    assert.deepEqual(different, []);
    assert.deepEqual(
      theirs.filter((answer) => answer.includes('broken')),
      [],
    );
    const said = new Set(theirs.flatMap((answer) => answer.split(', ')));
    assert.ok(said.size > 10, [...said].join(', '));
    const good = serverRows.flatMap(({ name }, at) => (/^(a good handshake|everything in records)/.test(name) ? [theirs[at]] : []));
    assert.deepEqual(
      good,
      good.map(() => 'carried'),
    );
  });

  test('nothing is left open', () => daemon.stop());

  async function holdAll(callOf: (lane: number) => Call): Promise<readonly string[]> {
    const answers = new Array<string>(serverRows.length).fill('');
    let next = 0;
    const lane = async (server: Server, call: Call): Promise<void> => {
      for (let at = next++; at < serverRows.length; at = next++) answers[at] = await holdRow(serverRows[at] as ServerRow, server, call);
    };
    await Promise.all(lanes.map((server, n) => lane(server, callOf(n))));
    return answers;
  }
});

async function holdRow({ version, hold }: ServerRow, server: Server, call: Call): Promise<string> {
  const coming = once(server, 'connection') as Promise<[Socket]>;
  const caller = await call();
  const [socket] = await within('the client connects', coming);
  const tls = new RawServer(version, socket, OWN);
  try {
    await tls.hello();
    await within('the conversation is over', hold(tls, WHO));
  } catch (error) {
    if (!(error instanceof Over)) tls.trace.push(`broken: ${error}`);
    else if (error.ended && !/^(fatal|warning close_notify)/.test(tls.trace.at(-1) ?? '')) tls.trace.push('closed');
  } finally {
    socket.destroy();
    await caller.end();
  }
  return tls.trace.join(', ');
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Of the `openssl` program, so that both are the same. */
function libraryOfOpenssl(): string {
  const listing = execFileSync('ldconfig', ['-p'], { encoding: 'utf8', env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } });
  return listing.match(/libssl\.so\.3 \(libc6[^)]*\) => (\S+)/)?.[1] ?? assert.fail('no libssl.so.3');
}
