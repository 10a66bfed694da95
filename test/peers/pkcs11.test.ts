/** A key that stays in a token: SoftHSM by the pkcs11 provider, in one process and in workers. */
// Tests: src/openssl/identity.ts, src/tls/material/key-material.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { dial, echoServer, readExactly } from '../support/net/tcp.ts';
import { clientSection, optionLines, section, verified } from '../support/overcoat/config-text.ts';
import { runDaemon, startDaemon } from '../support/overcoat/daemon.ts';
import type { Ending } from '../support/temp.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const TOKEN = '/usr/lib/softhsm/libsofthsm2.so';
const MODULES = ['x86_64', 'aarch64'].map((arch) => `/usr/lib/${arch}-linux-gnu/ossl-modules/pkcs11.so`);
const skip =
  !(existsSync(TOKEN) && MODULES.some((path) => existsSync(path))) &&
  'needs softhsm2 and pkcs11-provider, which Debian has from version 13 on';

const PIN = '47114711';

/** A token with the key of the certificate `server`. @returns the environment that leads to it */
function token(t: Ending): Readonly<Record<string, string>> {
  const folder = tempFolder(t);
  const { 'softhsm.conf': conf } = writeFiles(folder, { 'softhsm.conf': `directories.tokendir = ${folder}\n` });
  const env = { SOFTHSM2_CONF: conf };
  const key = join(folder, 'key.pem');
  execFileSync('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', certificate('server').keyFile, '-out', key]);
  const softhsm = (...args: string[]) => execFileSync('softhsm2-util', args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  softhsm('--init-token', '--free', '--label', 'overcoat', '--pin', PIN, '--so-pin', PIN);
  softhsm('--import', key, '--token', 'overcoat', '--label', 'server', '--id', '01', '--pin', PIN);
  return env;
}

function server(connect: number, pin: string, workers: number): string {
  const head = optionLines({ provider: 'pkcs11', providerParameter: `pkcs11:pkcs11-module-path=${TOKEN}`, workers });
  const key = `pkcs11:token=overcoat;object=server;type=private?pin-value=${pin}`;
  return head + section('srv', { accept: 0, connect, cert: certificate('server').certFile, key });
}

for (const workers of [1, 2]) {
  test(`handshakes are signed in the token: ${workers} worker(s)`, { skip }, async (t) => {
    const echo = await echoServer(t);
    const daemon = await startDaemon(t, { config: server(echo.port, PIN, workers), env: token(t) });
    const client = await startDaemon(t, { config: clientSection('cli', { connect: await daemon.port('srv'), ...verified() }) });
    const socket = await dial(t, await client.port('cli'));
    socket.write('hello');
    assert.equal((await readExactly(socket, 5)).toString(), 'hello');
    socket.end();
    await client.stop();
    await daemon.stop();
  });
}

test('a wrong PIN is refused at the start, and shown to nobody', { skip }, async (t) => {
  const { stdout, stderr, code } = await runDaemon(t, { config: server(1, '99998888', 1), env: token(t) });
  assert.equal(code, 1);
  assert.match(stderr, /key = pkcs11:\.\.\.: the private key cannot be used/);
  assert.ok(!`${stdout}${stderr}`.includes('99998888'));
});

test('without a provider that knows it a URI is refused, and its PIN shown to nobody', async (t) => {
  const key = 'pkcs11:token=overcoat?pin-value=99998888';
  const config = section('srv', { accept: 0, connect: 1, cert: certificate('server').certFile, key });
  const { stdout, stderr, code } = await runDaemon(t, { config });
  assert.equal(code, 1);
  assert.match(stderr, /key = pkcs11:\.\.\.: the private key cannot be used: .*; is the provider for pkcs11: URIs loaded/);
  assert.ok(!`${stdout}${stderr}`.includes('99998888'));
});
