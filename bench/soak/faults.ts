/**
 * What goes wrong during a soak, one thing every ten seconds: `inject` does it to the target and returns what undoes it, and says
 * which connections may fail of it. Everything else that fails is unexplained (explain.ts).
 */

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../test/support/fuzz.ts';
import type { BackendProcess } from './backends.ts';
import type { ProcessOf, Product } from './product.ts';

/** Where a client goes: through both modes, through both and STARTTLS, or through the gateway and a receiver. */
export type Chain = 'direct' | 'mail' | 'gateway';

/** What a soak can be disturbed at. */
export interface Target {
  readonly random: Random;
  /** Both modes, in several processes. */
  readonly main: Product;
  /** What the gateway leads to, in several processes; undefined without namespaces. */
  readonly receiver: Product | undefined;
  readonly backends: ReadonlyMap<Chain, BackendProcess>;
  /** Where clients reach a service of `main`: plain in, TLS in. */
  readonly ports: { readonly plain: number; readonly tls: number };
  /** Folder of the log, where it is a file system of its own, so that it can be filled. */
  readonly smallDisk: string | undefined;
}

export interface Injected {
  /** Who it hit: `worker 2 of main (pid 4711)`. */
  readonly whom: string;
  /** Whose connections may fail. */
  readonly breaks: readonly Chain[];
  /** `cut`: those that were open when it happened. `outage`: those that were open between then and its undoing. */
  readonly how: 'cut' | 'outage';
  /** When it happened, in milliseconds since 1970, where something had to be waited for first. */
  readonly at?: number;
  undo(): Promise<void>;
}

export interface Fault {
  readonly name: string;
  /** How long until it is undone. */
  readonly lastsMs: number;
  /** It cannot be undone, so it comes last and once. */
  readonly last?: true;
  /** Why it cannot be done here, or false. */
  obstacle(target: Target): string | false;
  inject(target: Target): Promise<Injected>;
}

const HARMLESS = { breaks: [], how: 'cut' } as const;
const STORM_CLIENTS = 200;
const SLOW_CLIENTS = 40;
const STALLED_CLIENTS = 8;
/** How long a process that was ended before may be on its way. */
const PATIENCE_MS = 120_000;
const POLL_MS = 200;
const nothing = async (): Promise<void> => undefined;
const possible = (): false => false;

export const FAULTS: readonly Fault[] = [
  { name: 'worker killed', lastsMs: 0, obstacle: possible, inject: async (target) => endWorker(target, 'SIGKILL') },
  { name: 'worker crashed', lastsMs: 0, obstacle: possible, inject: async (target) => endWorker(target, 'SIGSEGV') },
  { name: 'service process killed', lastsMs: 0, obstacle: possible, inject: async ({ main }) => endRole(main, 'service') },
  {
    name: 'reader killed',
    lastsMs: 0,
    last: true,
    obstacle: ({ main }) => main.processes().every(({ role }) => role !== 'reader') && 'there is none without root (setuid)',
    inject: async ({ main }) => endRole(main, 'reader'),
  },
  { name: 'upstream dead', lastsMs: 3000, obstacle: possible, inject: killBackend },
  { name: 'upstream silent', lastsMs: 3000, obstacle: possible, inject: stopBackend },
  {
    name: 'disk full',
    lastsMs: 5000,
    obstacle: ({ smallDisk }) => smallDisk === undefined && 'no file system of its own without root',
    inject: fillDisk,
  },
  { name: 'log pipe unread', lastsMs: 6000, obstacle: possible, inject: stopReadingLog },
  { name: 'RST storm', lastsMs: 0, obstacle: possible, inject: resetMany },
  { name: 'slow clients', lastsMs: 6000, obstacle: possible, inject: dripMany },
  { name: 'clients that never read', lastsMs: 6000, obstacle: possible, inject: stallSome },
];

/** Any but the eldest, whose memory is looked at from the beginning to the end. */
async function endWorker({ random, main, receiver }: Target, signal: 'SIGKILL' | 'SIGSEGV'): Promise<Injected> {
  const product = receiver === undefined ? main : random.pick([main, receiver]);
  const younger = await found(product, 'second worker', (all) => {
    const [, ...others] = all.filter(({ role }) => role === 'worker');
    return others.length === 0 ? undefined : others;
  });
  const { pid } = random.pick(younger);
  const at = Date.now();
  process.kill(pid, signal);
  const breaks: readonly Chain[] = product === main ? ['direct', 'mail'] : ['gateway'];
  return { whom: `worker ${pid} of ${product.name}`, breaks, how: 'cut', at, undo: nothing };
}

async function endRole(product: Product, role: 'service' | 'reader'): Promise<Injected> {
  const { pid } = await found(product, `${role} process`, (all) => all.find((each) => each.role === role));
  process.kill(pid, 'SIGKILL');
  return { whom: `${role} process ${pid} of ${product.name}`, ...HARMLESS, undo: nothing };
}

/** What may be on its way after the fault before. @throws Error when it does not come */
async function found<T>(product: Product, what: string, find: (all: readonly ProcessOf[]) => T | undefined): Promise<T> {
  for (const endsAt = performance.now() + PATIENCE_MS; performance.now() < endsAt; await sleep(POLL_MS)) {
    const there = find(product.processes());
    if (there !== undefined) return there;
  }
  throw new Error(`${product.name} had no ${what} for ${PATIENCE_MS / 1000} s`);
}

async function killBackend({ random, backends }: Target): Promise<Injected> {
  const [chain, backend] = random.pick([...backends]);
  await backend.kill();
  return { whom: `backend of ${chain}`, breaks: [chain], how: 'outage', undo: () => backend.start() };
}

async function stopBackend({ random, backends }: Target): Promise<Injected> {
  const [chain, backend] = random.pick([...backends]);
  backend.signal('SIGSTOP');
  return { whom: `backend of ${chain}`, ...HARMLESS, undo: async () => backend.signal('SIGCONT') };
}

/** To the last byte; the log is not written meanwhile. */
async function fillDisk({ smallDisk = '' }: Target): Promise<Injected> {
  const file = join(smallDisk, 'filler');
  const fd = openSync(file, 'w');
  for (let size = 2 ** 20; size >= 1; ) {
    try {
      if (writeSync(fd, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
    } catch {
      size = Math.floor(size / 2);
    }
  }
  closeSync(fd);
  return { whom: 'the log of main', ...HARMLESS, undo: async () => rmSync(file) };
}

async function stopReadingLog({ main, receiver }: Target): Promise<Injected> {
  const product = receiver ?? main;
  product.readLog(false);
  return { whom: `standard error of ${product.name}`, ...HARMLESS, undo: async () => product.readLog(true) };
}

/** Clients that reset as soon as they have said something, at both services. */
async function resetMany({ random, ports }: Target): Promise<Injected> {
  const sockets = Array.from({ length: STORM_CLIENTS }, () => dial(random.pick([ports.plain, ports.tls])));
  await Promise.all(
    sockets.map(async (socket) => {
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
      if (!socket.destroyed) socket.write(random.bytes(1 + random.below(200)), () => socket.resetAndDestroy());
    }),
  );
  return { whom: `${STORM_CLIENTS} clients of main`, ...HARMLESS, undo: async () => sockets.forEach((socket) => void socket.destroy()) };
}

/** Clients that say a byte of a TLS hello a second. */
async function dripMany({ ports }: Target): Promise<Injected> {
  const hello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
  const sockets = Array.from({ length: SLOW_CLIENTS }, () => dial(ports.tls));
  let said = 0;
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write(hello.subarray(said, said + 1));
    said += 1;
  }, 1000);
  const undo = async (): Promise<void> => {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  };
  return { whom: `${SLOW_CLIENTS} clients of main`, ...HARMLESS, undo };
}

/** Clients that send for an echo and never read it. */
async function stallSome({ ports }: Target): Promise<Injected> {
  const sockets = Array.from({ length: STALLED_CLIENTS }, () => dial(ports.plain).pause());
  const chunk = Buffer.alloc(2 ** 20);
  for (const socket of sockets) {
    socket.write('e00000000000000\n');
    for (let count = 0; count < 16; count += 1) socket.write(chunk);
  }
  return { whom: `${STALLED_CLIENTS} clients of main`, ...HARMLESS, undo: async () => sockets.forEach((socket) => void socket.destroy()) };
}

function dial(port: number): Socket {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
}
