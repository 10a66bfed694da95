/** Raw conversations with a client that comes back: the server takes its session, by id or ticket, and answers with something else than was agreed. */
import { ALERT, MESSAGE, RECORD } from './client.ts';
import { EXTENSION, message, number16 } from './hello.ts';
import type { Version } from './keys.ts';
import { SUITES } from './keys.ts';
import { BOTH, NEW, OLD } from './row.ts';
import type { RawServer, ServerHello, ServerSession } from './server.ts';

export interface ResumedRow {
  readonly name: string;
  readonly version: Version;
  readonly by: 'id' | 'ticket';
  readonly hold: (server: RawServer, session: ServerSession) => Promise<void>;
}

export const resumedRows: ResumedRow[] = [];

/** AES-256-GCM with SHA-384, of each version; and RC4, which nobody offers. */
const OTHER_HASH = { 'TLSv1.2': 0xc02c, 'TLSv1.3': 0x1302 } as const;
const OTHER_VERSION = { 'TLSv1.2': 0x1301, 'TLSv1.3': 0xc02b } as const;
const NOT_OFFERED = 0x0005;

/** In TLS 1.2 both by the id of the session and by a ticket. */
function row(versions: readonly Version[], name: string, hold: ResumedRow['hold']): void {
  for (const version of versions) {
    for (const by of version === 'TLSv1.2' ? (['id', 'ticket'] as const) : (['ticket'] as const)) {
      resumedRows.push({ name: `by ${by}: ${name}`, version, by, hold });
    }
  }
}

/** A changed hello of a server that resumes, and the end: who takes it would wait for more. */
function hello(versions: readonly Version[], name: string, change: (good: ServerHello, version: Version) => ServerHello): void {
  row(versions, name, async (server, session) => {
    server.sayResumed(session, undefined, (good) => change(good, server.version));
    server.end();
    await server.rest();
  });
}

/** In place of what should come behind the hello. */
function behindHello(versions: readonly Version[], name: string, say: ResumedRow['hold']): void {
  row(versions, name, async (server, session) => {
    server.sayResumed(session);
    await say(server, session);
    server.end();
    await server.rest();
  });
}

async function carriesAndEnds(server: RawServer): Promise<void> {
  await server.carries();
  server.alert(ALERT.warning, ALERT.closeNotify);
  server.end();
  await server.rest();
}

const without = (good: ServerHello, type: number): ServerHello => ({
  ...good,
  extensions: good.extensions?.filter(([one]) => one !== type),
});

row(BOTH, 'with what was agreed', async (server, session) => {
  await server.resume(session);
  await carriesAndEnds(server);
});
row(BOTH, 'with another suite of the same hash', async (server, session) => {
  await server.resume(session, SUITES[server.version][1]);
  await carriesAndEnds(server);
});
hello(BOTH, 'with a suite of another hash', (good, version) => ({ ...good, suite: OTHER_HASH[version] }));
hello(BOTH, 'with a suite of the other version', (good, version) => ({ ...good, suite: OTHER_VERSION[version] }));
hello(BOTH, 'with a suite that was not offered', (good) => ({ ...good, suite: NOT_OFFERED }));
hello(BOTH, 'with compression', (good) => ({ ...good, compression: 1 }));
hello(OLD, 'in TLS 1.1', (good) => ({ ...good, version: 0x0302 }));
hello(OLD, 'without the extended master secret', (good) => without(good, EXTENSION.extendedMaster));
hello(NEW, 'in TLS 1.2', (good) => ({
  ...good,
  suite: OTHER_VERSION['TLSv1.3'],
  extensions: [[EXTENSION.extendedMaster, Buffer.alloc(0)]],
}));
hello(NEW, 'with another session id than the client’s', (good) => ({ ...good, sessionId: Buffer.alloc(32, 9) }));
hello(NEW, 'with a second ticket, of one', (good) => ({
  ...without(good, EXTENSION.preSharedKey),
  extensions: [...(without(good, EXTENSION.preSharedKey).extensions ?? []), [EXTENSION.preSharedKey, number16(1)]],
}));
hello(NEW, 'without a share of a key', (good) => without(good, EXTENSION.keyShare));
behindHello(BOTH, 'with a certificate behind', async (server) => server.say(server.certificate(server.identity.der)));
behindHello(BOTH, 'with a Finished that is wrong', async (server) =>
  server.say(message(MESSAGE.finished, Buffer.alloc(server.isNew ? 32 : 12))),
);
behindHello(BOTH, 'with text before Finished', async (server) => server.send(RECORD.data, Buffer.from('early')));
row(BOTH, 'with another secret', async (server, { id }) => {
  server.sayResumed({ secret: Buffer.alloc(server.isNew ? 32 : 48, 1), id });
  server.say(server.finished());
  server.end();
  await server.rest();
});
