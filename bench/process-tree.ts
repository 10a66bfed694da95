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

export interface Memory {
  /** Pages of the tree's own, those its processes share among themselves counted once, in KB. */
  readonly ownKb: number;
  /** Resident pages of programs and libraries, in KB, counted as if nothing else on the machine mapped the same files. */
  readonly fileKb: number;
}

/**
 * Memory of the tree now. Not its proportional set size, which would be too small here: the bench runs on the same Node as
 * Overcoat and the load generator on the same OpenSSL as the others. The sum of both is the PSS of a proxy that is alone.
 */
export function memoryOf(root: number): Memory {
  const tree = treeOf(root);
  const each = (name: string): number[] => tree.map((pid) => kilobytes(`/proc/${pid}/smaps_rollup`, name));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const files = tree.map((pid) => kilobytes(`/proc/${pid}/status`, 'RssFile'));
  // The processes of one proxy map the same files, so the one that has touched most of them stands for all.
  return { ownKb: sum([...each('Pss_Anon'), ...each('Pss_Shmem')]), fileKb: Math.max(0, ...files) };
}

/** A line such as `Pss_Anon:   1234 kB`; 0 where the process has ended since it was listed. */
function kilobytes(file: string, name: string): number {
  try {
    const line = readFileSync(file, 'latin1')
      .split('\n')
      .find((each) => each.startsWith(`${name}:`));
    return Number(line?.split(/\s+/)[1] ?? 0);
  } catch {
    return 0;
  }
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
