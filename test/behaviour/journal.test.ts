/** To systemd's journal the fields of records and of log lines go as fields: a real journald, in a mount namespace of its own. */
// Tests: src/linux/log/journal.ts, src/linux/log/log-socket.ts, src/observe/journal-sink.ts, src/observe/sinks.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { dial, readExactly, startDial } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Place } from '../support/program.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const JOURNALD = '/lib/systemd/systemd-journald';
const MACHINE = '0123456789abcdef0123456789abcdef';
/** As systemd starts a unit: standard error is the journal's, and a variable says so. Standard output stays the test's. */
const AS_UNIT = `
exec 3>&1
exec systemd-cat sh -c 'export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); exec "$@" 1>&3 3>&-' sh "$@"
`;
/** A machine whose /run is empty but for its journal. */
const SCRIPT = `
set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal
echo ${MACHINE} > /run/machine-id
touch /etc/machine-id
mount --bind /run/machine-id /etc/machine-id
exec ${JOURNALD}
`;

type Entry = Readonly<Record<string, string>>;

/** journald, how programs are started beside it, and what it has written. */
async function machine(t: TestContext) {
  const journald = new Program(['unshare', '--mount', 'sh', '-c', SCRIPT]);
  t.after(() => journald.kill('SIGKILL'));
  const place: Place = { name: 'a machine with a journal', enter: (argv) => ['nsenter', `--mount=/proc/${journald.pid}/ns/mnt`, ...argv] };
  const entries = async (...matches: readonly string[]): Promise<readonly Entry[]> => {
    const { stdout } = await runProgram(['journalctl', '-D', '/run/log/journal', '--no-pager', '--all', '-o', 'json', ...matches], {
      place,
    });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry);
  };
  await eventually(
    'the journal is there',
    async () => (await runProgram(['test', '-S', '/run/systemd/journal/socket'], { place })).code === 0,
  );
  return { place, entries };
}

const skip = requires({ root: true, linux: true, packages: ['systemd'], commands: ['unshare', 'nsenter'] });

suite('the journal', { skip }, () => {
  test('has a record field by field, and JSON of the log too where standard error leads there', async (t) => {
    const { place, entries } = await machine(t);
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const globals = optionLines({
      control: false,
      foreground: 'yes',
      syslog: false,
      output: '/dev/stdout',
      debug: 6,
      records: 'syslog',
      logFormat: 'json',
      service: 'wrapped',
    });
    const daemon = await startDaemon(t, {
      config: globals + clientSection('svc', { connect: upstream.port }) + clientSection('dead', { connect: 1 }),
      bare: true,
      place: { ...place, enter: (argv) => place.enter(['sh', '-c', AS_UNIT, 'sh', ...argv]) },
    });
    const port = async (service: string) => {
      const [bound] = await eventually('it is bound', async () => {
        const found = await entries('OVERCOAT_EVENT=service-bound', `OVERCOAT_SERVICE=${service}`);
        return found.length > 0 ? found : undefined;
      });
      return Number(/:(\d+)$/.exec(bound?.['MESSAGE'] ?? '')?.[1]);
    };
    const socket = await dial(t, await port('svc'));
    socket.write('hello');
    await readExactly(socket, 5);
    socket.destroy();
    startDial(t, await port('dead'));

    const [record] = await eventually('it is recorded', async () => {
      const found = await entries('_TRANSPORT=journal', 'OVERCOAT_EVENT=end', 'OVERCOAT_SERVICE=svc');
      return found.length > 0 ? found : undefined;
    });
    assert.ok(record !== undefined);
    assert.deepEqual(
      [record['OVERCOAT_TO_TLS'], record['OVERCOAT_TLS_VERSION'], record['SYSLOG_IDENTIFIER'], record['PRIORITY']],
      ['5', 'TLSv1.3', 'wrapped', '6'],
    );
    assert.equal((JSON.parse(record['MESSAGE'] ?? '') as { toTls: number }).toTls, 5);
    assert.match(record['OVERCOAT_CLIENT'] ?? '', /^127\.0\.0\.1:\d+$/);

    const failed = await eventually('the failure is in the log and in a record', async () => {
      const found = await entries('_TRANSPORT=journal', 'OVERCOAT_CODE=upstream_refused');
      return found.length >= 3 ? found : undefined;
    });
    const line = failed.find((each) => each['MESSAGE']?.startsWith('Connection failed'));
    assert.match(line?.['MESSAGE'] ?? '', /^Connection failed: 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:1, service \[dead\]/);
    assert.deepEqual([line?.['PRIORITY'], line?.['OVERCOAT_CONNECTION']], ['3', '1']);
    assert.ok(failed.some((each) => each['OVERCOAT_EVENT'] === 'end' && each['OVERCOAT_REASON'] === 'failed'));
    await daemon.stop();
  });

  test('takes what no datagram holds, and what has several lines', async (t) => {
    const { place, entries } = await machine(t);
    const writer = `
      import { openJournal } from '${new URL('../../src/linux/log/journal.ts', import.meta.url).pathname}';
      const journal = openJournal();
      const ok = journal.write(new Map([['MESSAGE', 'x'.repeat(600_000)], ['OVERCOAT_TEST', 'big']]))
        && journal.write(new Map([['MESSAGE', 'two\\nlines'], ['OVERCOAT_TEST', 'lines']]));
      journal.close();
      process.exitCode = ok ? 0 : 1;
    `;
    const { code, stderr } = await runProgram([process.execPath, '--input-type=module', '-e', writer], { place });
    assert.equal(code, 0, stderr);
    const found = async (name: string) =>
      eventually(`${name} is there`, async () => (await entries(`OVERCOAT_TEST=${name}`))[0]?.['MESSAGE']);
    assert.equal((await found('big')).length, 600_000);
    assert.equal(await found('lines'), 'two\nlines');
  });
});
