/** Starts the process of a worker: what it inherits, and nothing else. Whatever it has to know comes over its channel. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { close, socketPair } from '../../linux/libc.ts';
import { DescriptorSender } from '../../linux/sockets/descriptor-passing.ts';
import { workerCommand } from '../../self.ts';
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
  /** Its programs may write to our standard error; else what they write there is thrown away. */
  readonly passErrors: boolean;
}

/** @throws NodeJS.ErrnoException when there are no descriptors left; that the runtime cannot be started is an event of the child */
export function spawnWorker({ memory, passErrors }: WorkerSurroundings): WorkerProcess {
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
    });
    return { child, descriptors: new DescriptorSender(ours) };
  } catch (cause) {
    close(ours);
    throw cause;
  } finally {
    close(theirs);
    closeSync(nowhere);
  }
}

/** Without it every worker would translate all modules again. The variable itself was taken out of our environment. */
function compileCache(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
