/** When a process began: with its number it names one process, since numbers are given again. */
import { readFileSync } from 'node:fs';

/** The 22nd field of /proc/PID/stat, clock ticks since boot; undefined when there is no such process, or only its zombie. */
export function processStartTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name in brackets may hold anything; field 3 follows
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
