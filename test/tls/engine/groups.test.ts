/** A library without the hybrid groups: our own lists do without them, a user's is refused as it is written. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { COMMAND_SERVICE, FILE_SERVICE } from '../../../src/config/defaults.ts';
import { groupsFor } from '../../../src/tls/engine/groups.ts';
import { certificate } from '../../support/data/certificates.ts';
import { collect, dial, echo } from '../../support/net/tcp.ts';
import { listenTls } from '../../support/net/tls.ts';
import { clientSection } from '../../support/overcoat/config-text.ts';
import { runDaemon, runOvercoat, startDaemon } from '../../support/overcoat/daemon.ts';

const LIBSSL = ['/usr/lib/x86_64-linux-gnu/libssl.so.3', '/usr/lib/aarch64-linux-gnu/libssl.so.3'].find((path) => existsSync(path));
const USERS = 'X25519MLKEM768:X25519';

test('our lists keep their classical groups, in their order; every other list is as it is', () => {
  assert.equal(groupsFor(FILE_SERVICE.tls.curves, 2, false), 'X25519:P-256:X448:P-521:P-384');
  assert.equal(groupsFor(COMMAND_SERVICE.tls.curves, 2, false), 'X25519:prime256v1:secp384r1');
  assert.equal(groupsFor(FILE_SERVICE.tls.curves, 4, true), FILE_SERVICE.tls.curves);
  assert.equal(groupsFor(USERS, 2, false), USERS);
});

test('no group stands out at a level that forbids those that do, so that OpenSSL sends the key of one that is left', async (t) => {
  assert.equal(groupsFor(FILE_SERVICE.tls.curves, 5, true), 'X25519:P-256:X448:P-521:P-384');
  assert.equal(groupsFor('*X25519:P-521', 5, true), '*X25519:P-521');
  const { certificate: cert, key } = certificate('rsa');
  const { port } = await listenTls(t, { cert, key, ecdhCurve: 'P-521:X448' }, echo);
  const levels = [4, 5].map((securityLevel) => clientSection(`level${securityLevel}`, { connect: port, securityLevel })).join('');
  const daemon = await startDaemon(t, { config: levels });
  for (const name of ['level4', 'level4', 'level5']) {
    const client = await dial(t, await daemon.port(name));
    client.end('hello');
    assert.equal(String(await collect(client)), 'hello', name);
  }
  await daemon.stop();
});

test("a user's list that names what the library has not is refused with its line", {
  skip: LIBSSL === undefined && 'no libssl.so.3',
}, async (t) => {
  const env = { OVERCOAT_OPENSSL: LIBSSL };
  if (!(await runOvercoat(['--version'], env)).stdout.includes('(OpenSSL 3.0')) return t.skip('a library with hybrid groups');
  const { code, stderr } = await runDaemon(t, { config: clientSection('svc', { connect: 1, curves: USERS }), env });
  assert.equal(code, 1);
  assert.match(stderr, /overcoat\.conf:\d+: curves: OpenSSL does not know every group of "X25519MLKEM768:X25519"/);
});
