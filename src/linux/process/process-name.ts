/**
 * What tools that look for a process find: the name we were started by as its command name (`pgrep`, `ss -p`, `killall`, `pidof`), and
 * that name with our arguments as its command line (`ps`), instead of the runtime's.
 */
import { writeFileSync } from 'node:fs';
import { setThreadName } from '../libc/process.ts';

/** Set by the launcher: the last part of the name it was called by, links not followed. */
const STARTED_AS = 'OVERCOAT_STARTED_AS';

/** @param role what this process is there for: the arguments of a command, or of a helper what it helps */
export function nameProcess(role: readonly string[], environment: NodeJS.ProcessEnv = process.env): void {
  const name = startedAs(environment);
  setNames(name, [name, ...role]);
}

/**
 * For a process that serves for another: its command name is not that one's, so that a script which looks for the daemon by name finds
 * the one process that answers signals and whose number stands in the pid file.
 */
export function nameServer(role: readonly string[], environment: NodeJS.ProcessEnv = process.env): void {
  setNames(SERVER_NAME, [startedAs(environment), ...role]);
}

const SERVER_NAME = 'overcoat-worker';

function startedAs(environment: NodeJS.ProcessEnv): string {
  return environment[STARTED_AS] || 'overcoat';
}

function setNames(command: string, line: readonly string[]): void {
  process.title = line.join(' '); // the command name too, role and all
  try {
    writeFileSync('/proc/self/comm', command); // the kernel keeps 15 bytes (proc(5))
  } catch {
    setThreadName(command); // a jail has no /proc, and a fence may be around another process's part of it
  }
}
