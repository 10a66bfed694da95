/** Processes of a daemon that are killed or crash: workers, the service process, the spare. */
import { readFileSync } from 'node:fs';
import { eventually } from '../eventually.ts';
import type { Daemon } from '../overcoat/daemon.ts';
import { childrenOf } from '../overcoat/daemon.ts';
import type { Fault } from './fault.ts';
import { NOTHING_TO_UNDO } from './fault.ts';

export type EndingSignal = 'SIGKILL' | 'SIGSEGV';

/** By what a process has named itself; a command line of zeros is none yet. */
const ROLES = { worker: / worker \d+$/, service: / service process$/, spare: / worker \(spare\)$/, reader: / reader process$/ } as const;
export type FaultRole = keyof typeof ROLES;

/** Its processes of one role. */
export function processesOf(daemon: Daemon, role: FaultRole): readonly number[] {
  return childrenOf(daemon.pid).filter((pid) => ROLES[role].test(commandOf(pid)));
}

/** Ends one process of a role. */
export function faultsOf(daemon: Daemon): Readonly<Record<FaultRole, (signal: EndingSignal) => Promise<void>>> {
  const end =
    (role: FaultRole) =>
    async (signal: EndingSignal): Promise<void> => {
      const pids = await eventually(`a ${role} process`, () => {
        const found = processesOf(daemon, role);
        return found.length > 0 ? found : undefined;
      });
      process.kill(pids[Math.floor(Math.random() * pids.length)] as number, signal);
    };
  return { worker: end('worker'), service: end('service'), spare: end('spare'), reader: end('reader') };
}

const ENDINGS: readonly EndingSignal[] = ['SIGKILL', 'SIGSEGV'];

/** Of a daemon with several workers and a service process. */
export const PROCESS_FAULTS: readonly Fault[] = (['worker', 'service', 'spare'] as const).flatMap((role) =>
  ENDINGS.map(
    (signal): Fault => ({
      name: `a ${role} process ends by ${signal}`,
      cutsConnections: role === 'worker',
      inject: async (daemon) => {
        await faultsOf(daemon)[role](signal);
        return NOTHING_TO_UNDO;
      },
    }),
  ),
);

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trimEnd();
  } catch {
    return '';
  }
}
