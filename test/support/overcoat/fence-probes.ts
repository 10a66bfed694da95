/** The probes in the processes of a daemon (`fence-probe.ts`), as a test asks them; and what a fence leaves in /proc. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { landlockVersion } from '../../../src/linux/libc/rights.ts';
import { eventually } from '../eventually.ts';
import { readExactly } from '../net/tcp.ts';
import { requires } from '../requirements.ts';
import { tempFolder } from '../temp.ts';
import type { Daemon, DaemonOptions } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import type { Attempt } from './fence-probe.ts';
import { PROBE_AT } from './fence-probe.ts';

const PRELOAD = join(import.meta.dirname, 'fence-probe.ts');
/** The ABI of Landlock with rules for TCP. */
const TCP_FROM = 4;

/** Why a whole fence cannot be tried here, or false. */
export const noFence =
  requires({ root: true, linux: true, checkout: true }) || (landlockVersion() < TCP_FROM && 'needs a kernel with Landlock ABI 4');

/** Asks the probe in a process. */
export type Ask = (attempt: Attempt) => Promise<string>;

export interface Probes {
  /** Options of a daemon whose processes have probes. */
  readonly options: Pick<DaemonOptions, 'nodeOptions' | 'sources' | 'env'>;
  readonly of: (pid: number) => Promise<Ask>;
}

/** Where probes come, by the process they are in. */
export function probes(t: TestContext): Probes {
  const path = join(tempFolder(t), 'probe');
  const found = new Map<number, Ask>();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    const waiting: ((outcome: string) => void)[] = [];
    createInterface(socket).on('line', (line) => {
      const said = JSON.parse(line) as { readonly pid?: number; readonly outcome?: string };
      if (said.pid === undefined) waiting.shift()?.(said.outcome ?? '');
      else
        found.set(said.pid, (attempt) => {
          const { promise, resolve } = Promise.withResolvers<string>();
          waiting.push(resolve);
          socket.write(JSON.stringify(attempt));
          return promise;
        });
    });
  }).listen(path);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const of = async (pid: number): Promise<Ask> => {
    await eventually(`the probe of ${pid}`, () => found.has(pid));
    return found.get(pid) as Ask;
  };
  return { options: { nodeOptions: ['--import', PRELOAD], sources: true, env: { [PROBE_AT]: path } }, of };
}

/** A daemon whose processes have probes. */
export function startProbed(t: TestContext, config: string, { options }: Probes, more: Partial<DaemonOptions> = {}): Promise<Daemon> {
  return startDaemon(t, { config, ...options, ...more });
}

/** One line of /proc/PID/task/TID/status of every thread. */
export function threads(pid: number, name: string): string[] {
  const lines = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8').split('\n'));
  return lines.map((status) => status.find((line) => line.startsWith(`${name}:`))?.split('\t')[1] ?? '');
}

export function assertFenced(pid: number): void {
  assert.deepEqual([...new Set(threads(pid, 'Seccomp'))], ['2'], `every thread of ${pid} has its filter`);
  assert.deepEqual([...new Set(threads(pid, 'NoNewPrivs'))], ['1']);
  assert.match(readFileSync(`/proc/${pid}/limits`, 'latin1'), /^Max core file size +0 +0 /m);
}

/** An echo answers, and the connection stays open. */
export async function echoesOpen(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  assert.equal((await readExactly(socket, text.length)).toString(), text);
}

export async function echoes(socket: Socket, text: string): Promise<void> {
  await echoesOpen(socket, text);
  socket.end();
}
