/** CPU and memory of a process and all its descendants, from /proc: the unit of every figure here, because it is what a proxy costs. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'latin1' }));

/** The process and its descendants that live now. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statOf(pid)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index += 1) tree.push(...(children.get(tree[index] as number) ?? []));
  return tree;
}

/** User and system time of the tree in seconds, children that have ended included. */
export function cpuSeconds(root: number): number {
  let ticks = 0;
  for (const pid of treeOf(root)) {
    const stat = statOf(pid);
    // man 5 proc_pid_stat: utime, stime, cutime, cstime are fields 14 to 17; ours begin at field 3
    if (stat !== undefined) ticks += [11, 12, 13, 14].reduce((sum, index) => sum + Number(stat[index]), 0);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Proportional set size of the tree in KB: shared text counts once, however many processes map it. */
export function pssKb(root: number): number {
  let total = 0;
  for (const pid of treeOf(root)) {
    try {
      const line = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
        .split('\n')
        .find((each) => each.startsWith('Pss:'));
      total += Number(line?.split(/\s+/)[1] ?? 0);
    } catch {
      // The process has ended since it was listed.
    }
  }
  return total;
}

/** The fields behind the command name, which may itself hold blanks and brackets. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
