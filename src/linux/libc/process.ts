/** What this process is to the kernel: its name, its signals, whether it may be looked into. */
import { bindCall } from './call.ts';

const SET_PARENT_DEATH_SIGNAL = 1;
const SET_DUMPABLE = 4;
const SET_NAME = 15;
/** RLIMIT_CORE. */
const CORE_LIMIT = 4;
const UNBLOCK = 1;
/** Of sigset_t. */
const SIGNAL_SET_BYTES = 128;
/** prctl(2) for the operations that take numbers. */
export const prctl = bindCall<[number, number, number, number, number]>(
  'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
);
const callSetName = bindCall<[operation: number, name: string, 0, 0, 0]>(
  'int prctl(int, const char *, unsigned long, unsigned long, unsigned long)',
);
const callSetrlimit = bindCall<[resource: number, limits: Uint8Array]>('int setrlimit(int, const uint8_t *)');
const callSigmask = bindCall<[how: number, set: Uint8Array, before: null]>('int pthread_sigmask(int, const uint8_t *, uint8_t *)');
const callSignal = bindCall<[signal: number, handler: number]>('intptr_t signal(int, intptr_t)');

/** prctl(PR_SET_NAME): of this thread, and of the process where it is the main one. The kernel keeps 15 bytes. */
export function setThreadName(name: string): number {
  return callSetName(SET_NAME, name, 0, 0, 0);
}

/** prctl(PR_SET_DUMPABLE, 0): no core of this process, and no other process of its user may look into it. Undone by the next execve. */
export function forbidDumps(): number {
  return prctl(SET_DUMPABLE, 0, 0, 0, 0);
}

/** setrlimit(RLIMIT_CORE, 0): no core file of this process and of those it starts. */
export function forbidCoreFiles(): number {
  return callSetrlimit(CORE_LIMIT, new Uint8Array(2 * 8));
}

/** prctl(PR_SET_PDEATHSIG): the signal this process gets when the thread that started it ends; 0 for none. Linux only. */
export function parentDeathSignal(signal: number): number {
  return prctl(SET_PARENT_DEATH_SIGNAL, signal, 0, 0, 0);
}

/** signal(2): ignored from now on, here and in what this process becomes. */
export function ignoreSignal(signal: number): number {
  return callSignal(signal, 1);
}

/** signal(2) back to the default action, for what a command must not inherit (Node ignores SIGPIPE and SIGXFSZ). */
export function restoreDefaultSignal(signal: number): number {
  return callSignal(signal, 0);
}

/** Lets a signal through to this thread again that was blocked when the process started. */
export function unblockSignal(signal: number): void {
  const set = new Uint8Array(SIGNAL_SET_BYTES);
  set[(signal - 1) >> 3] = 1 << ((signal - 1) & 7);
  callSigmask(UNBLOCK, set, null);
}
