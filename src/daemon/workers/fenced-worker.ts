/**
 * What becomes a worker behind a fence: restricts itself, then execve. Everything the runtime has, its threads included, begins behind it.
 * Arrives with the worker's descriptors, reads nothing from its channel, and hands all of it on.
 */
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { setCloseOnExec } from '../../linux/libc/descriptors.ts';
import { ignoreSignal } from '../../linux/libc/process.ts';
import { workerCommand } from '../../self.ts';
import type { Fence } from '../fence/fence.ts';
import { beforeImage } from '../fence/fence.ts';
import { FENCE_VARIABLE, INHERITED } from './inherited.ts';

if (process.execve === undefined) throw new Error('this Node.js cannot replace itself (process.execve)');
/** Until the worker ignores them itself: they are the supervisor's. */
for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const) ignoreSignal(constants.signals[signal]);
const { [FENCE_VARIABLE]: fence, ...environment } = process.env;
const [program, ...args] = workerCommand();
const last = Math.max(...Object.values(INHERITED));
for (let fd = 0; fd <= last; fd += 1) setCloseOnExec(fd, false); // the runtime has set it on all of them
// What is open is fenced by nothing: whatever our caller's caller left open ends here.
for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd > last) setCloseOnExec(fd, true);
beforeImage(JSON.parse(fence ?? '') as Fence);
process.execve(program, [program, ...args], environment);
