/** `OVERCOAT_OPENSSL`: services of both modes on the distribution's library, which every place names, and data that crosses them. */
// Tests: src/openssl/library/library.ts, src/cli/main.ts
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { dial, echoServer, readExactly } from '../support/net/tcp.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';

const LIBSSL = ['/usr/lib/x86_64-linux-gnu/libssl.so.3', '/usr/lib/aarch64-linux-gnu/libssl.so.3'].find((path) => existsSync(path));

test('--version and the start name the library that is used', async () => {
  const { stdout: own } = await runOvercoat(['--version']);
  assert.match(own, /^overcoat \S+ \(OpenSSL (\S+) [^)]*, Node\.js \S+\)\n$/);
  assert.ok(own.includes(`(OpenSSL ${process.versions.openssl} `), own);
});

test("the distribution's carries data in both modes", { skip: LIBSSL === undefined && 'no libssl.so.3' }, async (t) => {
  const env = { OVERCOAT_OPENSSL: LIBSSL };
  const { stdout } = await runOvercoat(['--version'], env);
  const version = /\((OpenSSL \S+ [^,)]*)/.exec(stdout)?.[1] ?? assert.fail(stdout);
  assert.ok(!version.includes(` ${process.versions.openssl} `), version);
  const echo = await echoServer(t);
  const server = await startDaemon(t, { config: serverSection('srv', { connect: echo.port }), env });
  await server.line(`Running with ${version}`);
  const client = await startDaemon(t, { config: clientSection('cli', { connect: await server.port('srv'), ...verified() }), env });
  for (const round of ['full', 'resumed']) {
    const socket = await dial(t, await client.port('cli'));
    socket.write(`${round} handshake`);
    assert.equal((await readExactly(socket, round.length + 10)).toString(), `${round} handshake`);
    socket.end();
    await client.line(round === 'full' ? 'new session negotiated' : 'previous session reused');
  }
  if (version.startsWith('OpenSSL 3.0')) await client.line('This OpenSSL lacks post-quantum key exchange');
  await client.stop();
  await server.stop();
});
