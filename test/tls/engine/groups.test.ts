/** A library without the hybrid groups: our own lists do without them, a user's is refused as it is written. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { COMMAND_SERVICE, FILE_SERVICE } from '../../../src/config/defaults.ts';
import { groupsFor } from '../../../src/tls/engine/groups.ts';
import { clientSection } from '../../support/overcoat/config-text.ts';
import { runDaemon, runOvercoat } from '../../support/overcoat/daemon.ts';

const LIBSSL = ['/usr/lib/x86_64-linux-gnu/libssl.so.3', '/usr/lib/aarch64-linux-gnu/libssl.so.3'].find((path) => existsSync(path));
const USERS = 'X25519MLKEM768:X25519';

test('our lists keep their classical groups, in their order; every other list is as it is', () => {
  assert.equal(groupsFor(FILE_SERVICE.tls.curves, false), 'X25519:P-256:X448:P-521:P-384');
  assert.equal(groupsFor(COMMAND_SERVICE.tls.curves, false), 'X25519:prime256v1:secp384r1');
  assert.equal(groupsFor(FILE_SERVICE.tls.curves, true), FILE_SERVICE.tls.curves);
  assert.equal(groupsFor(USERS, false), USERS);
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
