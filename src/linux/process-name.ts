/**
 * What tools that look for a process find: the name we were started by as its command name (`pgrep`, `ss -p`, `killall`, `pidof`), and
 * that name with our arguments as its command line (`ps`), instead of the runtime's.
 */
import { writeFileSync } from 'node:fs';

/** Set by the launcher: the last part of the name it was called by, links not followed. */
const STARTED_AS = 'OVERCOAT_STARTED_AS';

/** @param role what this process is there for: the arguments of a command, or of a helper what it helps */
export function nameProcess(role: readonly string[], environment: NodeJS.ProcessEnv = process.env): void {
  const name = environment[STARTED_AS] || 'overcoat';
  process.title = [name, ...role].join(' '); // the command name too, role and all
  try {
    writeFileSync('/proc/self/comm', name); // the kernel keeps 15 bytes (proc(5))
  } catch {
    // Only Linux tells the two apart.
  }
}
