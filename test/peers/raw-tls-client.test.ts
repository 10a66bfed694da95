/**
 * Raw conversations of a server's, held with `openssl s_client` and, the same, with Overcoat's client mode on the same OpenSSL (the
 * distribution's): alert for alert, what is answered must be the same. test/peers/raw-tls.test.ts has the other direction.
 */
// Tests: src/openssl/connection/connection.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
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
import type { ResumedRow } from '../support/raw-tls/resumed-rows.ts';
import { resumedRows } from '../support/raw-tls/resumed-rows.ts';
import type { Identities } from '../support/raw-tls/row.ts';
import type { ServerSession } from '../support/raw-tls/server.ts';
import { RawServer } from '../support/raw-tls/server.ts';
import type { ServerRow } from '../support/raw-tls/server-rows.ts';
import { serverRows } from '../support/raw-tls/server-rows.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const LANES = 6;
/** The second is for the key of the certificate; of the first comes a share. */
const GROUPS = 'X25519:P-256';

const of = ({ certificate: pem, key }: Stored): RawIdentity => ({ der: new X509Certificate(pem).raw, key: createPrivateKey(key) });
const OWN = of(certificate('server'));
/** Who shows what: `good` is somebody else's, of the right authority. */
const WHO: Identities = { good: of(certificate('client')), stranger: of(strangersCertificate()), expired: of(certificate('expired')) };

/** A client of the raw server, that sends a line as soon as it may; `end` takes it away. */
interface Caller {
  readonly end: () => Promise<void>;
}

/** @param session where a program that is started anew keeps or finds a session; a daemon remembers it by itself */
type Call = (session?: { readonly kind: 'keep' | 'find'; readonly file: string }) => Promise<Caller>;

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
    const ours = await holdAll(serverRows, (n) => callOurs(`lane${n}`), holdRow);
    const theirs = await holdAll(serverRows, callTheirs, holdRow);
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

  test('each row of a client that comes back is answered alike', async (t) => {
    assert.ok(resumedRows.length > 30, String(resumedRows.length));
    const ours = await holdAll(resumedRows, (n) => callOurs(`lane${n}`), holdResumed);
    const theirs = await holdAll(resumedRows, callTheirs, holdResumed);
    const different = resumedRows.flatMap(({ name, version }, at) =>
      ours[at] === theirs[at] ? [] : [`${version}, ${name}: ${ours[at]}, not ${theirs[at]}`],
    );
    assert.deepEqual(different, []);
    assert.deepEqual(
      theirs.filter((answer) => answer.includes('broken') || answer.includes('no session')),
      [],
    );
    const answerTo = (version: string, name: string): string | undefined =>
      theirs[resumedRows.findIndex((row) => row.version === version && row.name === name)];
    for (const by of ['id', 'ticket']) {
      assert.equal(answerTo('TLSv1.2', `by ${by}: with what was agreed`), 'carried, warning close_notify');
      assert.equal(answerTo('TLSv1.2', `by ${by}: with another suite of the same hash`), 'fatal illegal_parameter');
    }
    assert.equal(answerTo('TLSv1.3', 'by ticket: with another suite of the same hash'), 'carried, warning close_notify');
    assert.equal(answerTo('TLSv1.3', 'by ticket: with a suite of another hash'), 'fatal illegal_parameter');
    t.diagnostic([...new Set(theirs)].join('; '));
  });

  test('nothing is left open', () => daemon.stop());

  function callOurs(service: string): Call {
    return async () => {
      const socket = await dial(t, await daemon.port(service));
      socket.on('error', () => undefined).on('end', () => socket.end());
      socket.resume().write('raw\n');
      return { end: async () => void socket.destroy() };
    };
  }

  function callTheirs(lane: number): Call {
    return async (session) => {
      const kept = session === undefined ? [] : [session.kind === 'keep' ? '-sess_out' : '-sess_in', session.file];
      const options = ['-quiet', '-CAfile', authority().certFile, '-verify_return_error', '-groups', GROUPS, '-servername', 'localhost'];
      const where = `127.0.0.1:${portOf(lanes[lane] as Server)}`;
      const program = startOpensslClient(where, ['-status', '-ignore_unexpected_eof', ...options, ...kept]);
      program.write('raw\n');
      return { end: () => program.stop('SIGKILL').then(() => undefined) };
    };
  }

  async function holdAll<Row>(
    rows: readonly Row[],
    callOf: (lane: number) => Call,
    hold: (row: Row, server: Server, call: Call) => Promise<string>,
  ): Promise<readonly string[]> {
    const answers = new Array<string>(rows.length).fill('');
    let next = 0;
    const lane = async (server: Server, call: Call): Promise<void> => {
      for (let at = next++; at < rows.length; at = next++) answers[at] = await hold(rows[at] as Row, server, call);
    };
    await Promise.all(lanes.map((server, n) => lane(server, callOf(n))));
    return answers;
  }

  /** A first connection, that leaves a session, and the one that is asked about. */
  async function holdResumed({ version, by, hold }: ResumedRow, server: Server, call: Call): Promise<string> {
    const file = join(tempFolder(t), 'session.pem');
    let session: ServerSession | undefined;
    const first = await converse(
      version,
      server,
      () => call({ kind: 'keep', file }),
      async (tls) => {
        session = await tls.giveSession(by);
        await tls.rest();
      },
    );
    return converse(
      version,
      server,
      () => call({ kind: 'find', file }),
      async (tls) => {
        if (session === undefined) throw new Error(`no session: ${first}`);
        if (!tls.offers(session)) throw new Error(`no session is offered behind ${first}`);
        await hold(tls, session);
      },
    );
  }
});

async function holdRow({ version, hold }: ServerRow, server: Server, call: Call): Promise<string> {
  return converse(version, server, call, (tls) => hold(tls, WHO));
}

/** @param call starts the client @returns what the client made of it */
async function converse(
  version: ServerRow['version'],
  server: Server,
  call: () => Promise<Caller>,
  hold: (tls: RawServer) => Promise<void>,
): Promise<string> {
  const coming = once(server, 'connection') as Promise<[Socket]>;
  const caller = await call();
  const [socket] = await within('the client connects', coming);
  const tls = new RawServer(version, socket, OWN);
  try {
    await tls.hello();
    await within('the conversation is over', hold(tls));
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
