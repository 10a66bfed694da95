/**
 * How many descriptors this process may have, and how many it has. The runtime has raised the soft limit to the hard one before any
 * of our code runs, so what is found here is all there is.
 */
import { readdirSync, readFileSync } from 'node:fs';

const FIELD = 'Max open files';

/** RLIMIT_NOFILE; undefined where it is unlimited or the system has no /proc to ask. */
export function descriptorLimit(): number | undefined {
  try {
    const line = readFileSync('/proc/self/limits', 'latin1')
      .split('\n')
      .find((text) => text.startsWith(FIELD));
    const soft = Number(line?.slice(FIELD.length).trim().split(/\s+/)[0]);
    return Number.isInteger(soft) ? soft : undefined;
  } catch {
    return undefined;
  }
}

/** Descriptors that are open now; 0 where nobody can be asked. */
export function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
