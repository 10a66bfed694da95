/**
 * How a command is found, and how its end becomes ours: the same exit code, or death by the same signal, so that a shell that asks
 * sees no difference. Also which signals are passed on: the terminal sends its own to the whole foreground group, command included.
 */
import { readFileSync, statSync } from 'node:fs';
import { constants as os } from 'node:os';
import { commandFiles, isExecutable } from '../linux/files/find-program.ts';
import { unblockSignal } from '../linux/libc/process.ts';

/** How the command ended: one of the two is set. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Exit codes of the shell for a command that is not there, and for one that cannot be run. */
const COMMAND_NOT_FOUND = 127;
const COMMAND_NOT_EXECUTABLE = 126;

/** Passed on to the command. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGINT', 'SIGQUIT'];
const FROM_KEYS: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

/** @returns undefined when the shell could run it, else the exit code it would give and why */
export function whyNotRunnable(command: string, path: string): { readonly code: number; readonly why: string } | undefined {
  const kinds = commandFiles(command, path).map((file) => ({ file, kind: kindOf(file) }));
  const files = kinds.filter(({ kind }) => kind === 'file');
  if (files.some(({ file }) => isExecutable(file))) return undefined;
  if (files.length > 0) return { code: COMMAND_NOT_EXECUTABLE, why: 'permission denied' };
  if (command.includes('/') && kinds.some(({ kind }) => kind === 'folder')) return { code: COMMAND_NOT_EXECUTABLE, why: 'is a directory' };
  return { code: COMMAND_NOT_FOUND, why: 'command not found' };
}

/** Folders of PATH that this user may not look into are as good as empty. */
function kindOf(path: string): 'file' | 'folder' | 'nothing' {
  try {
    const found = statSync(path);
    return found.isDirectory() ? 'folder' : 'file';
  } catch {
    return 'nothing';
  }
}

/** The exit code of a shell for this end: the code, or 128 and the signal's number. */
export function exitCodeOf({ code, signal }: CommandEnd): number {
  return code ?? 128 + (signal === null ? 0 : (os.signals[signal] ?? 0));
}

/**
 * Passes signals on until the returned function is called.
 * @param send gives one to the command
 */
export function forwardSignals(send: (signal: NodeJS.Signals) => void): () => void {
  unblockSignal(os.signals.SIGUSR1); // --disable-sigusr1 blocks it
  const forwards = FORWARDED.map((signal) => {
    const pass = (): void => {
      if (!FROM_KEYS.has(signal) || !inForeground(readFileSync('/proc/self/stat', 'latin1'))) send(signal);
    };
    process.on(signal, pass);
    return () => process.off(signal, pass);
  });
  return () => {
    for (const stop of forwards) stop();
  };
}

/** Whether a process (its /proc/PID/stat) is in the foreground group of its terminal, which the command shares: keys reach both. */
export function inForeground(stat: string): boolean {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // field 3, the state, is the first
  const [group, terminal, foreground] = [fields[2], fields[4], fields[5]];
  return terminal !== '0' && group === foreground;
}
