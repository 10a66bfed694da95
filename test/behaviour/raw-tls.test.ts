/**
 * Raw TLS conversations: malformed, cut in pieces, interleaved, out of order, each with the alert that answers it, as the table says. The
 * same table is held with a service that has virtual hosts, whose hello is looked at before OpenSSL does. Whether the table is right
 * is judged by test/peers/raw-tls.test.ts.
 */
// Tests: src/openssl/connection/connection.ts
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { listen } from '../support/net/tcp.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Row } from '../support/raw-tls/row.ts';
import { configOf, differences, expectedOf, holdAll, reverseLines, TABLE } from '../support/raw-tls/table.ts';
import { suiteEnd } from '../support/suite-end.ts';

const LANES = 8;

suite('raw conversations', () => {
  const t = suiteEnd();
  let daemon: Daemon;
  const ports = new Map<string, number>();

  before(async () => {
    const backend = await listen(t, reverseLines);
    daemon = await startDaemon(t, { config: configOf(backend.port) });
    for (const name of ['plain', 'tickets', 'asking', 'protocols', 'hosts']) ports.set(name, await daemon.port(name));
  });

  test('each row has a name of its own and an answer', () => {
    const rows = Object.values(TABLE).flat();
    const names = rows.map(({ name, version }) => `${version}, ${name}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(rows.length > 600, String(rows.length));
    assert.deepEqual(
      rows.filter((row) => expectedOf(row) === undefined).map(({ name }) => name),
      [],
    );
  });

  for (const [subject, rows] of Object.entries(TABLE)) {
    for (const [where, chosen] of [
      ['', rows],
      [', where there are virtual hosts', rows.filter(({ service }) => service === 'plain')],
    ] as const)
      test(`${subject}${where}`, async () => {
        const portOf = ({ service }: Row): number => ports.get(where !== '' ? 'hosts' : service) ?? 0;
        const answers = await holdAll(chosen, new Array(LANES).fill(portOf));
        assert.deepEqual(differences(chosen, answers, chosen.map(expectedOf)), []);
      });
  }

  test('nothing is left open', () => daemon.stop());
});
