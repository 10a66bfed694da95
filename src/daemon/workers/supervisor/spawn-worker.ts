/** Starts the process of a worker: what it inherits, and nothing else. Whatever it has to know comes over its channel. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { close } from '../../../linux/libc/descriptors.ts';
import { socketPair } from '../../../linux/libc/sockets.ts';
import { endSoonerThanUs } from '../../../linux/process/memory-kills.ts';
import { DescriptorSender } from '../../../linux/sockets/descriptor-passing.ts';
import { compileCache, workerCommand } from '../../../self.ts';
import { systemError } from '../../../text/system-error.ts';
import type { Fence } from '../../fence/fence.ts';
import { FENCE_VARIABLE, INHERITED } from '../inherited.ts';
import { MessageChannel } from '../message-channel.ts';

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly channel: MessageChannel;
  readonly descriptors: DescriptorSender;
}

export interface WorkerSurroundings {
  /** Descriptor of the shared memory. */
  readonly memory: number;
  /** Its working directory; undefined: ours. */
  readonly folder: string | undefined;
  /** What it is born behind; undefined: nothing. */
  readonly fence: Fence | undefined;
  /** The longest message it may send. */
  readonly mostBytes: number;
}

/** Its descriptors are those of `INHERITED`. @throws NodeJS.ErrnoException when there are no descriptors left; that the runtime cannot be started is an event of the child */
export function spawnWorker({ memory, folder, fence, mostBytes }: WorkerSurroundings): WorkerProcess {
  const pair = socketPair();
  if (typeof pair === 'number') throw systemError('socketpair', -pair);
  const [ours, theirs] = pair;
  try {
    const [program, ...args] = workerCommand(fence === undefined ? 'worker' : 'fenced-worker');
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', memory, theirs],
      env: { ...process.env, ...compileCache(), ...(fence === undefined ? {} : { [FENCE_VARIABLE]: JSON.stringify(fence) }) },
      cwd: folder,
    });
    if (child.pid !== undefined) endSoonerThanUs(child.pid);
    const channel = new MessageChannel(child.stdio[INHERITED.channel] as Socket, mostBytes);
    return { child, channel, descriptors: new DescriptorSender(ours) };
  } catch (cause) {
    close(ours);
    throw cause;
  } finally {
    close(theirs);
  }
}
