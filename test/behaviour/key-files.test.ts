/** Files of keys and trust in a running daemon: rights, the jail, and what --strict makes of a warning. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { authority, certificate, encryptedKey } from '../support/data/certificates.ts';
import { dial, listen } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { runDaemon, startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const { certFile, keyFile } = certificate('server');

test('a key that everyone may read is warned about once, with the services that use it; --strict does not start with it', async (t) => {
  const open = join(tempFolder(t), 'open.key');
  copyFileSync(keyFile, open);
  chmodSync(open, 0o644);
  const backend = await listen(t);
  const section = (name: string): string => serverSection(name, { connect: backend.port, cert: certFile, key: open });
  const config = section('s') + section('t');
  const daemon = await startDaemon(t, { config });
  const said = `Insecure file permissions on ${open}: others can read a secret of [s], [t]; chmod o-rwx ${open}`;
  await daemon.line(`LOG4[ui]: ${said}`);
  assert.equal(daemon.lines.filter((line) => line.includes('Insecure')).length, 1);
  await daemon.stop();
  const refused = await runDaemon(t, { config, args: ['--strict'] });
  assert.equal(refused.code, 1);
  assert.ok(refused.stderr.includes(said), refused.stderr);
  chmodSync(open, 0o600);
  await (await startDaemon(t, { config, args: ['--strict'] })).stop();
});

test('an encrypted key without a terminal is an error that names the key', async (t) => {
  const key = encryptedKey('secret');
  const config = serverSection('s', { connect: 1, cert: certFile, key });
  const { code, stderr } = await runDaemon(t, { config });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`key = ${key}: the private key is encrypted and there is no terminal`));
  assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
});

test('NODE_TLS_REJECT_UNAUTHORIZED: the daemon does not start', async (t) => {
  const config = clientSection('s', { connect: 1 });
  const { code, stderr } = await runDaemon(t, { config, env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
  assert.equal(code, 1);
  assert.match(stderr, /NODE_TLS_REJECT_UNAUTHORIZED=0 is set: it switches certificate verification off/);
});

test('with chroot CApath is the directory inside it', { skip: requires({ root: true, linux: true, packages: ['openssl'] }) }, async (t) => {
  const jail = tempFolder(t);
  mkdirSync(join(jail, 'trusted'));
  writeFiles(jail, { 'trusted/ca.pem': authority().certificate });
  execFileSync('openssl', ['rehash', join(jail, 'trusted')], { stdio: 'pipe' });
  const upstream = await listenTls(t);
  const config =
    optionLines({ chroot: jail }) +
    clientSection('s', { connect: upstream.port, verifyChain: true, CApath: '/trusted', checkHost: 'localhost' });
  const daemon = await startDaemon(t, { config });
  const client = await dial(t, await daemon.port('s'));
  const peer = await upstream.next();
  await daemon.line('Certificate accepted at depth=0: CN=localhost');
  client.destroy();
  peer.end();
  await daemon.stop();
});
