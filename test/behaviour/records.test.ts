/** Records of connections and the log as JSON, as files of a running process. */
// Tests: src/status/records.ts, src/observe/sinks.ts, src/observe/stamped-lines.ts
import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { eventually } from '../support/eventually.ts';
import { dial, listen, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { metric } from '../support/overcoat/status.ts';
import { requires } from '../support/requirements.ts';
import { assertRecord } from '../support/schemas.ts';
import { tempFolder } from '../support/temp.ts';

type Line = Readonly<Record<string, unknown>>;

/** The whole lines of a file of JSON. */
function linesOf(path: string): readonly Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

test('records tell of what is open, too, and go on in a new file when the old one is moved away', async (t) => {
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const records = join(tempFolder(t), 'records');
  const daemon = await startDaemon(t, {
    config: optionLines({ control: false, records, recordsEvery: 1 }) + clientSection('svc', { connect: upstream.port }),
  });
  const socket = await dial(t, await daemon.port('svc'));
  socket.write('hello');
  await readExactly(socket, 5);
  await eventually('it is recorded while it is open', () => linesOf(records).some(({ event, toTls }) => event === 'open' && toTls === 5));
  renameSync(records, `${records}.1`);
  daemon.signal('SIGUSR1');
  await daemon.line('Log file reopened');
  socket.destroy();
  await eventually('its end stands in the new file', () => linesOf(records).some(({ event }) => event === 'end'));
  assert.ok(linesOf(`${records}.1`).every(({ event }) => event === 'open'));
  for (const record of [...linesOf(`${records}.1`), ...linesOf(records)]) assertRecord(record);
  await daemon.stop();
});

test('records that are lost are counted as they are, however seldom that is said', { skip: requires({ linux: true }) }, async (t) => {
  const control = join(tempFolder(t), 'control.sock');
  const daemon = await startDaemon(t, {
    config: optionLines({ control, records: '/dev/full' }) + clientSection('svc', { connect: 1 }),
  });
  const lost = () => metric(control, 'overcoat_records_lost_total');
  for (const count of [1, 2]) {
    await dial(t, await daemon.port('svc')).catch(() => undefined); // its upstream refuses: it may be reset before it is up
    await eventually(`${count} lost`, async () => (await lost()) === count, { within: 30_000 }); // said once a minute
  }
  await daemon.line('1 record(s) could not be written to /dev/full: No space left on device');
  await daemon.stop();
});

test('a record of a server has the name that the client asked for, also where it is refused', async (t) => {
  const backend = await listen(t, (socket) => socket.end('welcome'));
  const records = join(tempFolder(t), 'records');
  const daemon = await startDaemon(t, {
    config:
      optionLines({ control: false, records }) +
      serverSection('alone', { connect: backend.port }) +
      serverSection('several', { connect: backend.port }) +
      serverSection('strict', { accept: undefined, connect: backend.port, sni: 'several:one.test', ...verified() }),
  });
  const visits = [
    ['alone', 'live.test'],
    ['alone', undefined],
    ['several', 'one.test'],
    ['several', 'another.test'],
  ] as const;
  for (const [before, [service, servername]] of visits.entries()) {
    const socket = await dial(t, await daemon.port(service));
    const client = connect({ socket, rejectUnauthorized: false, ...(servername === undefined ? {} : { servername }) });
    client
      .on('error', () => undefined)
      .once('end', () => socket.destroy())
      .resume();
    await eventually('it has ended', () => linesOf(records).length > before);
  }
  const ends = linesOf(records);
  assert.deepEqual(
    ends.map(({ service, name, nameSource }) => [service, name, nameSource]),
    [
      ['alone', 'live.test', 'client'],
      ['alone', '', 'none'],
      ['strict', 'one.test', 'client'],
      ['several', 'another.test', 'client'],
    ],
  );
  for (const record of ends) assertRecord(record);
  await daemon.stop();
});

test('the log as JSON has a time, a level, the connection and the code of a failure', async (t) => {
  const output = join(tempFolder(t), 'log');
  const daemon = await startDaemon(t, {
    config: optionLines({ foreground: 'yes', logFormat: 'json', output }) + clientSection('svc', { connect: 1 }),
  });
  const address = await eventually(
    'it is bound',
    () => /"text":"Service \[svc\] bound to ([^"]+)"/.exec(readFileSync(output, 'utf8'))?.[1],
  );
  await dial(t, Number(address.split(':')[1]));
  const failed = await eventually('the failure is there', () => linesOf(output).find(({ code }) => code === 'upstream_refused'));
  assert.match(String(failed['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual([failed['service'], failed['connection'], failed['event'], failed['id']], ['svc', 0, 'closed', '0']);
  assert.ok(linesOf(output).every(({ level, text }) => typeof level === 'string' && typeof text === 'string'));
  await daemon.stop();
});
