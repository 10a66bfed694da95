/** Which OpenSSL is used: the runtime's own, or the distribution's, and what is said where it cannot be. */
// Tests: src/native/binding.ts, src/openssl/library/version.ts
import assert from 'node:assert/strict';
import { existsSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { bind, MissingSymbol, ownSymbols } from '../../../src/native/binding.ts';
import { missingFeatures, opensslVersion } from '../../../src/openssl/library/version.ts';
import { runProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const DISTRIBUTION = ['/usr/lib/x86_64-linux-gnu/libssl.so.3', '/usr/lib/aarch64-linux-gnu/libssl.so.3'].find((path) => existsSync(path));

/** A handshake of ours with ours, in a process of its own. */
const SCRIPT = `
import { readFileSync } from 'node:fs';
import { missingFeatures, opensslVersion } from './src/openssl/library/version.ts';
import { acceptAll, clientContext, Inbox, judgeChain, serverContext, tlsPair } from './test/support/net/legs.ts';
const endings = [];
const t = { after: (end) => void endings.push(end) };
const { server, client } = await tlsPair(t, { context: serverContext(t), judge: acceptAll }, { context: clientContext(t), judge: judgeChain });
if (client.failure ?? server.failure) throw client.failure ?? server.failure;
const inbox = new Inbox(server.leg);
client.leg.write(Buffer.from('it works'));
await inbox.sees('it works');
console.log(JSON.stringify({ version: opensslVersion(), missing: missingFeatures(), group: client.leg.agreed.group, text: inbox.text, mapped: readFileSync('/proc/self/maps', 'utf8') }));
for (const end of endings.reverse()) end();
`;

function child(env: NodeJS.ProcessEnv) {
  const argv = [process.execPath, '--input-type=module-typescript', '--eval', SCRIPT];
  return runProgram(argv, { cwd: new URL('../../..', import.meta.url).pathname, env: { ...process.env, ...env } });
}

test("the runtime's own has all there is", () => {
  assert.ok(opensslVersion().includes(process.versions.openssl.split('+')[0] ?? '?'));
  assert.deepEqual(missingFeatures(), []);
});

test("the distribution's does the same, as far as it goes", { skip: DISTRIBUTION === undefined && 'no libssl.so.3' }, async () => {
  const { stdout, stderr, code, signal } = await child({ OVERCOAT_OPENSSL: DISTRIBUTION });
  assert.deepEqual([code, signal], [0, null], stderr);
  const said = JSON.parse(stdout) as { version: string; missing: string[]; text: string; mapped: string };
  assert.ok(said.mapped.includes(realpathSync(DISTRIBUTION ?? '')), 'its library is in the process'); // it may be of the same version
  assert.equal(said.text, 'it works');
  const isOld = said.version.startsWith('OpenSSL 3.0');
  assert.equal(said.missing.length > 0, isOld, said.missing.join(', '));
});

test('a library that is not libssl is refused by the first function it lacks', {
  skip: DISTRIBUTION === undefined && 'no libssl.so.3',
}, async (t) => {
  const folder = tempFolder(t);
  for (const name of ['libssl.so.3', 'libcrypto.so.3']) {
    symlinkSync(join(dirname(DISTRIBUTION ?? ''), 'libcrypto.so.3'), join(folder, name));
  }
  const { stderr, code } = await child({ OVERCOAT_OPENSSL: join(folder, 'libssl.so.3') });
  assert.notEqual(code, 0);
  assert.match(stderr, /has no function TLS_client_method; version 3\.0 or later is needed/);
});

test('a library that is not there, and one that lacks a function, are named', async () => {
  const { stderr, code } = await child({ OVERCOAT_OPENSSL: '/nowhere/libssl.so.3' });
  assert.notEqual(code, 0);
  assert.match(stderr, /OVERCOAT_OPENSSL = \/nowhere\/libssl\.so\.3: there is no \/nowhere\/libssl\.so\.3/);
  assert.throws(
    () => bind([ownSymbols()], { SSL_no_such_function: 'void ()' }),
    (error) => error instanceof MissingSymbol && error.missing === 'SSL_no_such_function',
  );
});
