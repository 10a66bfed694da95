/**
 * A process of its own, started as the leader of a new session with a pseudo-terminal on its standard streams: makes that its
 * controlling terminal (Linux gives it to a leader without one that opens it, tty_ioctl(4)) and becomes the program of `exec`, so
 * that ^C, job control and hang-up reach it. It ends with whoever started it; the program, once it runs, sees its terminal hung up.
 * Arguments: the process id of the parent, the path, then the whole argv.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { restoreDefaultSignal, unblockSignal } from '../linux/libc/process.ts';
import { endWithParent, outliveParent } from '../linux/process/parent-death.ts';
import { ownArguments } from '../self.ts';

const SIGUSR1 = 10;
const SIGPIPE = 13;
const SIGXFSZ = 25;

if (process.execve === undefined) throw new Error('this Node.js cannot replace itself (process.execve)');
const [parent = '', path = '', ...argv] = ownArguments();
endWithParent(Number(parent), 'SIGKILL');
closeSync(openSync('/proc/self/fd/0', constants.O_RDWR));
restoreDefaultSignal(SIGPIPE); // Node ignores these two, and what is ignored stays so
restoreDefaultSignal(SIGXFSZ);
unblockSignal(SIGUSR1); // blocked in the single executable, which keeps Node's debugger shut
outliveParent();
process.execve(path, argv, process.env);
