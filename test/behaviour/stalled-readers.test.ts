/**
 * A peer that stops reading costs a bounded amount of memory, whatever is offered to it: the other side is paused. Measured is the
 * memory of the process (its resident set), not what the kernel keeps in its socket buffers.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { dial, listen, readExactly } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';

const READERS = 200;
const BOUND_KB = 512;
/** A sender counts as paused when no drain came for this many looks in a row. */
const QUIET_LOOKS = 25;
const CHUNK = Buffer.alloc(65_536, 'x');

const skip = requires({ linux: true });

for (const mode of ['client', 'server'] as const) {
  for (const stalled of ['client', 'upstream'] as const) {
    test(`${mode} mode: ${READERS} ${stalled}s that do not read`, { skip }, async (t) => {
      const world = mode === 'client' ? await clientMode(t) : await serverMode(t);
      await warmUp(world);
      const before = residentKb(world.daemon);
      const senders: Socket[] = [];
      for (let count = 0; count < READERS; count += 1) {
        const { client, upstream } = await world.open();
        const [reader, sender] = stalled === 'client' ? [client, upstream] : [upstream, client];
        reader.pause();
        senders.push(sender);
      }
      const sent = await pushUntilPaused(senders);
      assert.ok(sent > READERS * CHUNK.length, 'every sender must have been able to send something');
      const each = (): number => Math.round((residentKb(world.daemon) - before) / READERS);
      // What the burst freed goes back to the kernel a moment after it.
      const bounded = eventually(`at most ${BOUND_KB} KB for each of ${READERS} stalled readers`, () => each() <= BOUND_KB);
      await bounded.catch((cause) => assert.fail(`${cause.message}: ${each()} KB`));
      t.diagnostic(`${each()} KB a reader, ${Math.round(sent / READERS / 1024)} KB offered and taken from each sender`);
      await world.close();
      await world.daemon.stop();
    });
  }
}

interface World {
  readonly daemon: Daemon;
  open(): Promise<{ readonly client: Socket; readonly upstream: Socket }>;
  /** Destroys every socket opened so far. */
  close(): Promise<void>;
}

async function clientMode(t: Parameters<typeof startDaemon>[0]): Promise<World> {
  const server = await listenTls(t);
  const config = clientSection('wrap', { connect: server.port, ...verified() });
  const daemon = await startDaemon(t, { config });
  const port = await daemon.port('wrap');
  return worldOf(daemon, async () => {
    const client = await dial(t, port);
    return { client, upstream: await server.next() };
  });
}

async function serverMode(t: Parameters<typeof startDaemon>[0]): Promise<World> {
  const backend = await listen(t);
  const config = serverSection('unwrap', { connect: backend.port });
  const daemon = await startDaemon(t, { config });
  const port = await daemon.port('unwrap');
  return worldOf(daemon, async () => {
    const client = await dialTls(t, port, { servername: 'localhost' });
    return { client, upstream: await backend.next() };
  });
}

function worldOf(daemon: Daemon, pair: World['open']): World {
  const sockets: Socket[] = [];
  return {
    daemon,
    open: async () => {
      const made = await pair();
      sockets.push(made.client, made.upstream);
      return made;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Code is compiled and pools are filled before the first measurement. */
async function warmUp(world: World): Promise<void> {
  for (let count = 0; count < 20; count += 1) {
    const { client, upstream } = await world.open();
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.write(CHUNK);
      await readExactly(to, CHUNK.length);
    }
  }
  await world.close();
  await world.daemon.holdsNothing();
}

/** Writes to all of them for as long as anyone drains. @returns the bytes handed over */
async function pushUntilPaused(senders: readonly Socket[]): Promise<number> {
  let written = 0;
  const push = (sender: Socket): void => {
    do written += CHUNK.length;
    while (sender.write(CHUNK));
  };
  for (const sender of senders) {
    sender.on('drain', () => push(sender));
    push(sender);
  }
  let last = 0;
  let quiet = 0;
  const looks = { within: 120_000, every: 40 };
  await eventually(
    'every sender is paused',
    () => {
      quiet = written === last ? quiet + 1 : 0;
      last = written;
      return quiet >= QUIET_LOOKS;
    },
    looks,
  );
  return written;
}

function residentKb(daemon: Daemon): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]);
}
