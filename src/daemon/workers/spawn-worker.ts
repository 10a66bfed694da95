/** Starts the process of a worker: what it inherits, and nothing else. Whatever it has to know comes over its channel. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { close, socketPair } from '../../linux/libc.ts';
import { endSoonerThanUs } from '../../linux/memory-kills.ts';
import { DescriptorSender } from '../../linux/sockets/descriptor-passing.ts';
import { compileCache, workerCommand } from '../../self.ts';
import { systemError } from '../../text/system-error.ts';

/** Where a worker finds what it inherits. Its standard error (2) is read by the supervisor: the runtime's last words go there. */
export const INHERITED = {
  channel: 3,
  /** The shared memory. */
  memory: 4,
  /** The receiving end for listening sockets. */
  descriptors: 5,
  /** Standard error of the programs it starts. */
  programErrors: 6,
} as const;

const STANDARD_ERROR = 2;

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly descriptors: DescriptorSender;
}

export interface WorkerSurroundings {
  /** Descriptor of the shared memory. */
  readonly memory: number;
  /** Its working directory; undefined: ours. */
  readonly folder: string | undefined;
  /** Its programs may write to our standard error; else what they write there is thrown away. */
  readonly passErrors: boolean;
}

/** @throws NodeJS.ErrnoException when there are no descriptors left; that the runtime cannot be started is an event of the child */
export function spawnWorker({ memory, folder, passErrors }: WorkerSurroundings): WorkerProcess {
  const nowhere = openSync('/dev/null', 'w'); // first: a jail has none
  const pair = socketPair();
  if (typeof pair === 'number') {
    closeSync(nowhere);
    throw systemError('socketpair', -pair);
  }
  const [ours, theirs] = pair;
  try {
    const [program, ...args] = workerCommand();
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', memory, theirs, passErrors ? STANDARD_ERROR : nowhere],
      serialization: 'advanced', // as a structured clone: maps, bytes and undefined arrive as they are
      env: { ...process.env, ...compileCache() },
      cwd: folder,
    });
    if (child.pid !== undefined) endSoonerThanUs(child.pid);
    return { child, descriptors: new DescriptorSender(ours) };
  } catch (cause) {
    close(ours);
    throw cause;
  } finally {
    close(theirs);
    closeSync(nowhere);
  }
}
