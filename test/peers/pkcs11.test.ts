/** A key that stays in a token, and certificates that are read from it: SoftHSM by the pkcs11 provider, in one process and in workers. */
// Tests: src/openssl/material/identity.ts, src/openssl/material/uri-store.ts, src/tls/material/key-material.ts, src/tls/material/uri-material.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { dial, echoServer, readExactly } from '../support/net/tcp.ts';
import { clientSection, optionLines, section, verified } from '../support/overcoat/config-text.ts';
import { runDaemon, runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import type { Ending } from '../support/temp.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const TOKEN = '/usr/lib/softhsm/libsofthsm2.so';
const FOLDERS = [process.env['OPENSSL_MODULES'], ...['x86_64', 'aarch64'].map((arch) => `/usr/lib/${arch}-linux-gnu/ossl-modules`)];
const hasModule = FOLDERS.some((folder) => folder !== undefined && existsSync(join(folder, 'pkcs11.so')));
const skip =
  !(existsSync(TOKEN) && hasModule) && 'needs softhsm2 and pkcs11-provider, which Debian has from version 13 on (or OPENSSL_MODULES)';

const PIN = '47114711';

/** A token with the certificate `server`, its key, and the authority above it, in an order that is not that of the chain. @returns the environment that leads to it */
function token(t: Ending): Readonly<Record<string, string>> {
  const folder = tempFolder(t);
  const { 'softhsm.conf': conf } = writeFiles(folder, { 'softhsm.conf': `directories.tokendir = ${folder}\n` });
  const env = { SOFTHSM2_CONF: conf };
  const key = join(folder, 'key.pem');
  execFileSync('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', certificate('server').keyFile, '-out', key]);
  const softhsm = (...args: string[]) => execFileSync('softhsm2-util', args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  softhsm('--init-token', '--free', '--label', 'overcoat', '--pin', PIN, '--so-pin', PIN);
  softhsm('--import', key, '--token', 'overcoat', '--label', 'server', '--id', '01', '--pin', PIN);
  for (const [label, file, more] of [
    ['authority', authority().certFile, ['--mark-ca']],
    ['server', certificate('server').certFile, ['--id', '01']],
  ] as const) {
    const write = ['--write', '--load-certificate', file, '--label', label, ...more, 'pkcs11:token=overcoat'];
    execFileSync('p11tool', ['--provider', TOKEN, '--login', '--set-pin', PIN, '--batch', ...write], {
      env: { ...process.env, ...env },
      stdio: 'pipe',
    });
  }
  return env;
}

const HEAD = { provider: 'pkcs11', providerParameter: `pkcs11:pkcs11-module-path=${TOKEN}` };

const keyUri = (pin: string): string => `pkcs11:token=overcoat;object=server;type=private?pin-value=${pin}`;

function server(connect: number, pin: string, workers: number, confine = 'no'): string {
  return (
    optionLines({ ...HEAD, workers, confine }) +
    section('srv', { accept: 0, connect, cert: certificate('server').certFile, key: keyUri(pin) })
  );
}

async function carriesHello(t: Ending, port: number): Promise<void> {
  const socket = await dial(t, port);
  socket.write('hello');
  assert.equal((await readExactly(socket, 5)).toString(), 'hello');
  socket.end();
}

for (const [workers, confine] of [
  [1, 'no'],
  [2, 'no'],
  [1, 'strict'],
] as const) {
  test(`handshakes are signed in the token: ${workers} worker(s), confine = ${confine}`, { skip }, async (t) => {
    const echo = await echoServer(t);
    const daemon = await startDaemon(t, { config: server(echo.port, PIN, workers, confine), env: token(t) });
    const client = await startDaemon(t, { config: clientSection('cli', { connect: await daemon.port('srv'), ...verified() }) });
    await carriesHello(t, await client.port('cli'));
    await client.stop();
    await daemon.stop();
  });
}

for (const workers of [1, 2]) {
  test(`certificate, key and trusted certificates are read from the token: ${workers} worker(s)`, { skip }, async (t) => {
    const echo = await echoServer(t);
    const env = token(t);
    const tokens = (what: string): string => `pkcs11:token=overcoat;${what}?pin-value=${PIN}`;
    const wrap = (accept: number, connect: number): string =>
      optionLines({ ...HEAD, workers }) +
      section('srv', { accept, connect: echo.port, cert: tokens('object=server') }) +
      section('beside', { accept: 0, connect: echo.port, cert: tokens('type=cert'), key: certificate('server').keyFile }) +
      clientSection('cli', { connect, ...verified(), CAfile: undefined, CAstore: tokens('object=authority;type=cert') });
    const daemon = await startDaemon(t, { config: wrap(0, 1), env });
    const client = await startDaemon(t, { config: wrap(0, await daemon.port('srv')), env });
    await carriesHello(t, await client.port('cli'));
    await client.line('Certificate accepted at depth=0: CN=localhost');
    await client.stop();
    await daemon.stop();
    assert.ok(![...client.lines, ...daemon.lines].some((line) => line.includes(PIN)), 'the PIN is in the log');
  });
}

test('a wrong PIN is refused at the start, and shown to nobody', { skip }, async (t) => {
  const { stdout, stderr, code } = await runDaemon(t, { config: server(1, '99998888', 1), env: token(t) });
  assert.equal(code, 1);
  assert.match(stderr, /key = pkcs11:\.\.\.: the private key cannot be used/);
  assert.ok(!`${stdout}${stderr}`.includes('99998888'));
});

test('without a provider that knows it a URI is refused, and its PIN shown to nobody', async (t) => {
  const uri = 'pkcs11:token=overcoat?pin-value=99998888';
  const { certFile } = certificate('server');
  const key = section('srv', { accept: 0, connect: 1, cert: certFile, key: uri });
  const cert = section('srv', { accept: 0, connect: 1, cert: uri });
  const trust = clientSection('cli', { connect: 1, ...verified(), CAfile: undefined, CAstore: uri });
  for (const [config, expected] of [
    [key, /key = pkcs11:\.\.\.: the private key cannot be used: .*; is the provider for pkcs11: URIs loaded/],
    [cert, /cert = pkcs11:\.\.\.: no certificate can be read: .*; is the provider for pkcs11: URIs loaded/],
    [trust, /CAstore = pkcs11:\.\.\.: no certificate can be read: .*; is the provider for pkcs11: URIs loaded/],
  ] as const) {
    const { stdout, stderr, code } = await runDaemon(t, { config });
    assert.equal(code, 1);
    assert.match(stderr, expected);
    assert.ok(!`${stdout}${stderr}`.includes('99998888'));
    const folder = tempFolder(t);
    const { 'c.conf': file } = writeFiles(folder, { 'c.conf': config });
    const checked = await runOvercoat(['check', file]);
    assert.match(checked.stdout + checked.stderr, expected);
    assert.ok(!`${checked.stdout}${checked.stderr}`.includes('99998888'));
  }
});
