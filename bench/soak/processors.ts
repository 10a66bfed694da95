/** Who has the processors of this machine: a soak beside other work is under more load than it believes. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { cpuSeconds } from '../process-tree.ts';

/** Fields of the first line of /proc/stat (proc_stat(5)) in which nothing ran: idle and iowait; guests are counted in user and nice already. */
const IDLE = [3, 4];
const LAST = 7;
const TICKS_PER_SECOND = 100;

/**
 * @param root whose tree is not the others
 * @returns the share of the processors that the others had between then and its call, 0 to 1
 */
export function othersSince(root: number): () => number {
  const [busyBefore, ownBefore, at] = [busySeconds(), cpuSeconds(root), performance.now()];
  return () => {
    const seconds = ((performance.now() - at) / 1000) * cpus().length;
    return Math.max(0, busySeconds() - busyBefore - (cpuSeconds(root) - ownBefore)) / seconds;
  };
}

function busySeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const fields = line
    .trim()
    .split(/\s+/)
    .slice(1, LAST + 2)
    .map(Number);
  return fields.reduce((sum, ticks, index) => sum + (IDLE.includes(index) ? 0 : ticks), 0) / TICKS_PER_SECOND;
}
