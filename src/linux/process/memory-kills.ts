/**
 * How often the kernel has ended a process of our control group for want of memory (`oom_kill` of memory.events, cgroups(7), or of
 * memory.oom_control with version 1): a process that was ended so says nothing, and its signal is anybody's SIGKILL. And which of our processes
 * it is to end first.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CGROUPS = '/sys/fs/cgroup';
/** Of 1000, which is the whole memory: enough to come before the supervisor, whose end is the end of all. */
const SOONER = 100;
const MOST = 1000;

export class MemoryKills {
  #known: number;
  readonly #count: () => number;

  constructor(count: () => number = countedHere) {
    this.#count = count;
    this.#known = count();
  }

  /** A process of ours was ended by SIGKILL. @returns whether it was for want of memory; each counts once */
  take(): boolean {
    if (this.#count() <= this.#known) return false;
    this.#known += 1;
    return true;
  }
}

/** 0 where it cannot be told: without control groups, or where they are not to be seen from here. */
function countedHere(): number {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
    const first = lines.find((line) => line.split(':')[1] === 'memory');
    const [mount, file] = first === undefined ? ['', 'memory.events'] : ['memory', 'memory.oom_control'];
    const path = (first ?? lines.find((line) => line.startsWith('0::')))?.split(':').slice(2).join(':') ?? '';
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(CGROUPS, mount, path, file), 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Where memory runs out the kernel ends this one before us. @param pid a process that works for us; of another user it stays as it is */
export function endSoonerThanUs(pid: number): void {
  try {
    const ours = Number(readFileSync('/proc/self/oom_score_adj', 'latin1'));
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(Math.min(ours + SOONER, MOST)));
  } catch {
    // it is ended as it comes
  }
}
