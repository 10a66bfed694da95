/**
 * Faults at random under load, a hundred unless OVERCOAT_FAULTS says another number: after each the daemon serves a newcomer within two seconds, streams whose worker was left alone
 * lose no byte, and at the end it holds what it held at the start.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { Fault } from '../support/faults/fault.ts';
import { clockOf, fullDisk, NO_DESCRIPTORS, wrongClock } from '../support/faults/machine.ts';
import { PROCESS_FAULTS } from '../support/faults/processes.ts';
import { Random } from '../support/fuzz.ts';
import { dial, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const FAULTS = Number(process.env['OVERCOAT_FAULTS'] ?? 100);
const BACK_MS = 2000;
/** A spare that took a worker's place has one itself; the service process is replaced by a process of its own. */
const WHOLE_AGAIN = /A spare worker is ready|The service process replaced after/;
const SEED = Number(process.env['OVERCOAT_FAULTS_SEED'] ?? 19);

test(`${FAULTS} faults at random (seed ${SEED})`, {
  skip: requires({ linux: true, root: true, checkout: true, commands: ['prlimit'], packages: ['faketime'] }),
  timeout: 900_000,
}, async (t) => {
  let unmount = (): void => undefined;
  t.after(() => unmount());
  const disk = tempFolder(t);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=777', 'tmpfs', disk]);
  unmount = () => void execFileSync('umount', ['-l', disk]);
  const clock = clockOf(join(tempFolder(t), 'clock'));
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const status = { status: '127.0.0.1:0', output: join(disk, 'log'), records: join(disk, 'records') };
  const config = optionLines({ workers: 2, ...status }) + clientSection('svc', { connect: upstream.port });
  const daemon = await startDaemon(t, { config, env: clock.env });
  await daemon.line('A spare worker is ready');
  const port = await daemon.port('svc');
  const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
  const before = { descriptors: descriptors(), processes: workersOf(daemon.pid).length };
  const faults: readonly Fault[] = [...PROCESS_FAULTS, NO_DESCRIPTORS, fullDisk(disk), wrongClock(clock, 1), wrongClock(clock, -1)];
  const random = new Random(SEED);
  let stream: Socket | undefined;
  for (let count = 0; count < FAULTS; count += 1) {
    const fault = random.pick(faults);
    stream ??= await dial(t, port);
    const from = daemon.lines.length;
    const undo = await fault.inject(daemon);
    if (!fault.cutsConnections) assert.equal(await echoed(stream, `stream ${count}`), true, `${fault.name}: the stream goes on`);
    else {
      stream.destroy();
      stream = undefined;
    }
    await undo();
    const undoneAt = performance.now();
    await eventually(`after ${fault.name} (${count}) somebody new is served`, async () => {
      const socket = await dial(t, port);
      const served = await echoed(socket, 'new');
      socket.destroy();
      return served;
    });
    const ms = performance.now() - undoneAt;
    assert.ok(ms < BACK_MS, `${fault.name} (${count}): back after ${ms} ms`);
    if (PROCESS_FAULTS.includes(fault)) await daemon.line(WHOLE_AGAIN, { from }); // one fault at a time
  }
  stream?.destroy();
  await eventually('all processes are there again', () => workersOf(daemon.pid).length === before.processes);
  await eventually('descriptors are as at the start', () => descriptors() <= before.descriptors);
  daemon.assertNoDefect();
  await daemon.stop({ holding: true });
});

/** Whether the text comes back; a worker may end in between. */
async function echoed(socket: Socket, text: string): Promise<boolean> {
  const over = new AbortController();
  const gone = once(socket, 'close', { signal: over.signal }).catch(() => undefined);
  socket.write(text);
  const back = await Promise.race([readExactly(socket, text.length).catch(() => undefined), gone]);
  over.abort();
  return back?.toString() === text;
}
