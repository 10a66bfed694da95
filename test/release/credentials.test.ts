/**
 * Keys as credentials of systemd (`LoadCredential=`): copies of the moment a unit starts, in a folder of its user's, which is all that the
 * program may read. A renewed key is taken by a restart behind the socket that systemd holds, which refuses nobody
 * ([production.md](../../docs/production.md#keys)).
 */
// Tests: src/daemon/process/inherited-sockets.ts, src/daemon/upgrade/predecessor.ts
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Stored } from '../support/data/certificates.ts';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { echoServer, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { openBin } from '../support/overcoat/checkout.ts';
import { optionLines, section } from '../support/overcoat/config-text.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const NOBODY = 65534;
const NAME = 'keys_mail.pem';

/** What systemd makes of the file of root when a unit starts. */
function load(credentials: string, { bothFile, key, certificate: pem }: Stored): void {
  chmodSync(bothFile, 0o600);
  rmSync(credentials, { recursive: true, force: true });
  mkdirSync(credentials, { mode: 0o500 });
  writeFileSync(join(credentials, NAME), key + pem, { mode: 0o400 });
  for (const path of [join(credentials, NAME), credentials]) chownSync(path, NOBODY, NOBODY);
}

/** As systemd starts a unit with a socket: as its user, the socket as descriptor 3. */
function start(
  t: TestContext,
  file: string,
  credentials: string,
  fd: number,
): { readonly child: ChildProcess; readonly said: () => string } {
  const user = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--'];
  const script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" run "$1"';
  const child = spawn('setpriv', [...user, 'sh', '-c', script, join(openBin(), 'overcoat'), file], {
    env: { ...process.env, CREDENTIALS_DIRECTORY: credentials },
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  t.after(() => void child.kill('SIGKILL'));
  return { child, said: () => text };
}

async function serialAt(t: TestContext, port: number): Promise<string> {
  const socket = await dialTls(t, port);
  socket.write('hello');
  assert.equal((await readExactly(socket, 5)).toString(), 'hello');
  const { serialNumber } = socket.getPeerCertificate();
  socket.end();
  return serialNumber;
}

test('a renewed credential is taken by a restart, which refuses nobody', {
  skip: requires({ root: true, linux: true, commands: ['setpriv'] }),
}, async (t) => {
  const [before, after] = [certificate('server'), certificate('ed25519')];
  const { port: connect } = await echoServer(t);
  const folder = tempFolder(t);
  const [credentials, file] = [join(folder, 'credentials'), join(folder, 'mail.conf')];
  const head = optionLines({ foreground: true, syslog: false, debug: 5 });
  writeFileSync(file, head + section('mail', { client: false, accept: '127.0.0.1:1', connect, cert: join(credentials, NAME) }));
  const bound = new net.BoundSocket({ host: '127.0.0.1', port: 0 });
  t.after(() => bound.close());
  const { port } = bound.address() as AddressInfo;

  load(credentials, before);
  const first = start(t, file, credentials, bound.fd());
  await eventually('it serves', () => first.said().includes('Configuration successful'));
  assert.equal(await serialAt(t, port), before.x509.serialNumber);

  // the file of root is another one, its copy is not: a reload has nothing to take
  first.child.kill('SIGHUP');
  await eventually('it has read its files again', () => first.said().includes('Reloaded in'));
  assert.equal(await serialAt(t, port), before.x509.serialNumber);

  let restarted = false;
  const seen: string[] = [];
  const clients = (async () => {
    while (!restarted || seen.at(-1) !== after.x509.serialNumber) seen.push(await serialAt(t, port));
  })();
  first.child.kill('SIGTERM');
  assert.deepEqual(await once(first.child, 'exit'), [0, null]);
  load(credentials, after);
  const second = start(t, file, credentials, bound.fd());
  await eventually('it serves again', () => second.said().includes('Configuration successful'));
  restarted = true;
  await clients; // one that was refused rejects
  assert.deepEqual([...new Set(seen)].at(-1), after.x509.serialNumber);
  second.child.kill('SIGTERM');
  assert.deepEqual(await once(second.child, 'exit'), [0, null]);
});
