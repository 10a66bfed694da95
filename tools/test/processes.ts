/**
 * The processes that a test file started: its process group, and whatever carries the file's mark in its environment although it
 * has left the group (a daemon in the background, a helper in a session of its own). Linux only; elsewhere the group alone is ended.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The variable of the environment that holds a file's mark. */
export const MARK = 'OVERCOAT_TEST_MARK';

export interface Running {
  readonly pid: number;
  /** The command line, shortened. */
  readonly command: string;
}

const COMMAND_LENGTH = 160;

/** The processes of `group` and those marked `mark`, ended ones that nobody has waited for left out. */
export function processesOf(group: number, mark: string): Running[] {
  if (process.platform !== 'linux') return [];
  const marked = `${MARK}=${mark}`;
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    const { state, group: itsGroup } = statOf(pid);
    if (state === 'Z' || state === undefined) return [];
    if (itsGroup !== group && !read(`/proc/${pid}/environ`).split('\0').includes(marked)) return [];
    return [{ pid, command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trimEnd().slice(0, COMMAND_LENGTH) }];
  });
}

/** Kills all of them, also those that are made meanwhile. */
export function killAll(group: number, mark: string): void {
  killOne(-group);
  for (let round = 0; round < 10; round++) {
    const left = processesOf(group, mark);
    if (left.length === 0) return;
    for (const { pid } of left) killOne(pid);
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

/** proc(5): the state follows the name in parentheses, then the parent, then the group. */
function statOf(pid: number): { readonly state?: string; readonly group?: number } {
  const stat = read(`/proc/${pid}/stat`);
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' || state === undefined ? {} : { state, group: Number(group) };
}

/** Empty when the process is gone, or not ours to look at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
