/** `provider = legacy` opens what the default provider does not: a PKCS#12 file as old programs write it, in this process and in workers. */
// Tests: src/openssl/library/provider.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { mayLoad } from '../../../src/openssl/library/provider.ts';
import { prepareLibrary } from '../../../src/tls/material/providers.ts';
import { certificate } from '../../support/data/certificates.ts';
import { dial, echoServer, readExactly } from '../../support/net/tcp.ts';
import { clientSection, optionLines, verified } from '../../support/overcoat/config-text.ts';
import { runDaemon, startDaemon } from '../../support/overcoat/daemon.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';
import { tempFolder } from '../../support/temp.ts';

const skip = requires({ packages: ['openssl'] });

/** Encrypted with 40 bits of RC2. */
function oldContainer(t: Ending): string {
  const file = join(tempFolder(t), 'old.p12');
  const { certFile, keyFile } = certificate('server');
  execFileSync('openssl', ['pkcs12', '-export', '-legacy', '-in', certFile, '-inkey', keyFile, '-passout', 'pass:', '-out', file]);
  return file;
}

test('without it the file is refused', { skip }, async (t) => {
  const { stderr, code } = await runDaemon(t, { config: withContainer(1, oldContainer(t)) });
  assert.equal(code, 1);
  assert.match(stderr, /PKCS#12 encryption is too old/);
});

for (const workers of [1, 2]) {
  test(`with it the service serves: ${workers} worker(s)`, { skip }, async (t) => {
    const echo = await echoServer(t);
    const head = optionLines({ provider: 'legacy', workers });
    const server = await startDaemon(t, { config: head + withContainer(echo.port, oldContainer(t)) });
    const client = await startDaemon(t, { config: clientSection('cli', { connect: await server.port('srv'), ...verified() }) });
    const socket = await dial(t, await client.port('cli'));
    socket.write('hello');
    assert.equal((await readExactly(socket, 5)).toString(), 'hello');
    socket.end();
    await client.stop();
    await server.stop();
  });
}

function withContainer(port: number, cert: string): string {
  return `[srv]\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:${port}\ncert = ${cert}\n`;
}

test('one that is not installed is named, and no parameter of it', () => {
  const providers = [{ name: 'nowhere', parameters: [{ name: 'pin', value: '4711' }] }];
  assert.throws(
    () => prepareLibrary({ providers, fips: false }),
    (error: Error) => /^provider = nowhere: .*; install its module/.test(error.message) && !error.message.includes('4711'),
  );
});

test("into the runtime's own library any may be loaded", () => assert.ok(mayLoad('pkcs11')));
