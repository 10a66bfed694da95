/** Two thousand connections over two workers, one of which is killed: no counter goes back, and those of the other go on. */
// Tests: src/status/ledger/ledger.ts, src/daemon/watch/watch.ts
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { dial, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { assertGrown, countersOf } from '../support/overcoat/counters.ts';
import { startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { askJson, metric } from '../support/overcoat/status.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const CONNECTIONS = 2000;
const AT_A_TIME = 50;
const WORD = 'hello';

test('counters of two thousand connections never go back when a worker is killed', { skip: requires({ linux: true }) }, async (t) => {
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const control = join(tempFolder(t), 'control.sock');
  const daemon = await startDaemon(t, {
    config: optionLines({ control, workers: 2 }) + clientSection('svc', { connect: upstream.port }),
  });
  const port = await daemon.port('svc');
  await daemon.line('A spare worker is ready');
  const open = async () => {
    const socket = await dial(t, port);
    socket.on('error', () => undefined).write(WORD);
    await readExactly(socket, WORD.length);
    return socket;
  };
  const sockets: Awaited<ReturnType<typeof open>>[] = [];
  let last = await countersOf(control);
  const look = async (): Promise<void> => {
    const next = await countersOf(control);
    assertGrown(last, next);
    last = next;
  };
  while (sockets.length < CONNECTIONS) {
    sockets.push(...(await Promise.all(Array.from({ length: AT_A_TIME }, open))));
    if (sockets.length % 500 === 0) await look();
  }
  assert.equal(await metric(control, 'overcoat_connections_active{service="svc"}'), CONNECTIONS);

  // The stage of one that is lost is that of the last look at its worker.
  await eventually('all are seen relaying', async () => {
    const path = `/api/v1/connections?limit=${CONNECTIONS}`;
    const { connections } = await askJson<{ connections: readonly { readonly stage: string }[] }>(control, path);
    return connections.length === CONNECTIONS && connections.every(({ stage }) => stage === 'relay');
  });
  process.kill(workersOf(daemon.pid)[0] ?? 0, 'SIGKILL');
  await daemon.line(/Worker \d replaced after/);
  const lost = Number(/; (\d+) connection\(s\) lost/.exec(await daemon.line(/Worker \d ended/))?.[1]);
  assert.ok(lost > CONNECTIONS / 4, `${lost} were lost`);
  const shown = async () => (await askJson<{ total: number }>(control, '/api/v1/connections?limit=1')).total;
  await eventually('those are no longer shown', async () => {
    await look();
    return (await shown()) === CONNECTIONS - lost;
  });
  assert.equal(await metric(control, 'overcoat_connections_closed_total{service="svc",reason="lost",stage="relay"}'), lost);
  assert.equal(await metric(control, 'overcoat_connections_accepted_total{service="svc"}'), CONNECTIONS);
  assert.equal(await metric(control, 'overcoat_relayed_bytes_total{service="svc",to="tls"}'), CONNECTIONS * WORD.length);
  for (let number = 0; number < AT_A_TIME; number += 1) sockets.push(await open());
  await look();
  assert.equal(await metric(control, 'overcoat_connections_accepted_total{service="svc"}'), CONNECTIONS + AT_A_TIME);
  for (const socket of sockets) socket.destroy();
  await eventually('all have ended', async () => {
    await look();
    return (await shown()) === 0;
  });
  await daemon.stop();
});
