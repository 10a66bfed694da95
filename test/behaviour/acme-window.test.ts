/** A directory that says when to renew (ARI, RFC 9773): the daemon renews within that window, long before two thirds of the lifetime. */
// Tests: src/daemon/renewal/certificate-keeper.ts, src/acme/orders.ts, src/acme/renewal-info.ts
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renewalId } from '../../src/acme/renewal-info.ts';
import { leafIn } from '../../src/acme/storage.ts';
import { echoServer } from '../support/net/tcp.ts';
import { acmeSection, shownAt } from '../support/overcoat/acme-service.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startAcmeDirectory } from '../support/peers/acme-directory.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const VALID_SECONDS = 120;

/** The certificate that was issued last. */
function leafOf(store: string): Buffer {
  const file = readdirSync(store, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('certificate.pem'));
  return leafIn(readFileSync(join(store, file ?? ''), 'utf8'))?.raw ?? assert.fail('nothing is stored');
}

test('a window that the directory names', { skip: requires({ linux: true }) }, async (t) => {
  const { directory, replaced, asked } = await startAcmeDirectory(t, { validSeconds: VALID_SECONDS, window: [2, 4] });
  const { port: connect } = await echoServer(t);
  const store = join(tempFolder(t), 'store');
  const daemon = await startDaemon(t, { config: acmeSection({ directory, store }, { connect }) });
  await daemon.line(/Service \[web\]: certificate for a\.example\.test issued by https/);
  const issuedAt = performance.now();
  const port = await daemon.port('web');
  const first = await shownAt(t, port);
  const id = renewalId(leafOf(store));
  await daemon.line('certificate of [web] renewed until');
  const seconds = (performance.now() - issuedAt) / 1000;
  const second = await shownAt(t, port);
  assert.notEqual(second.serial, first.serial);
  assert.ok(seconds < VALID_SECONDS / 2, `renewed after ${seconds} s, within the window and not at two thirds of the lifetime`);
  assert.deepEqual(replaced.slice(0, 2), [undefined, id], 'the second order says which certificate it replaces');
  assert.equal(asked[0], id);
  for (const { socket } of [first, second]) socket.destroy();
  await daemon.stop();
});
