/**
 * The raw conversations of the table, held with `openssl s_server` and, byte for byte the same, with Overcoat on the same OpenSSL (the
 * distribution's): alert for alert, the answers must be the same. What differs between versions of OpenSSL is not the subject here.
 */
// Tests: src/openssl/library/library.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { listen } from '../support/net/tcp.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startOpensslServer } from '../support/peers/openssl.ts';
import type { Row, ServiceName } from '../support/raw-tls/row.ts';
import { configOf, differences, holdAll, reverseLines, S_SERVER, TABLE } from '../support/raw-tls/table.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

/** `s_server` serves one client at a time, and a resumed session must find the one that gave it. */
const LANES = 6;
const SERVICES = Object.keys(S_SERVER) as ServiceName[];

suite('raw conversations beside s_server', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  const ports = new Map<ServiceName, number>();
  const lanes: Map<ServiceName, number>[] = [];

  before(async () => {
    const backend = await listen(t, reverseLines);
    daemon = await startDaemon(t, { config: configOf(backend.port), env: { OVERCOAT_OPENSSL: libraryOfOpenssl() } });
    for (const name of SERVICES) ports.set(name, await daemon.port(name));
    const { certFile, keyFile } = certificate('server');
    const start = async (name: ServiceName): Promise<readonly [ServiceName, number]> => {
      const { program, port } = await startOpensslServer(certFile, keyFile, ['-rev', '-ignore_unexpected_eof', ...S_SERVER[name]]);
      t.after(() => program.stop('SIGKILL').then(() => undefined));
      return [name, port];
    };
    for (let n = 0; n < LANES; n += 1) lanes.push(new Map(await Promise.all(SERVICES.map(start))));
  });

  for (const [subject, rows] of Object.entries(TABLE))
    test(subject, async () => {
      const portOf = ({ service }: Row): number => ports.get(service) ?? 0;
      const theirs = lanes.map(
        (servers) =>
          ({ service }: Row): number =>
            servers.get(service) ?? 0,
      );
      const [ours, reference] = await Promise.all([holdAll(rows, new Array(LANES).fill(portOf)), holdAll(rows, theirs)]);
      assert.deepEqual(differences(rows, ours, reference), []);
    });

  test('nothing is left open', () => daemon.stop());
});

/** Of the `openssl` program, so that both are the same. */
function libraryOfOpenssl(): string {
  const listing = execFileSync('ldconfig', ['-p'], { encoding: 'utf8', env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } });
  return listing.match(/libssl\.so\.3 \(libc6[^)]*\) => (\S+)/)?.[1] ?? assert.fail('no libssl.so.3');
}
