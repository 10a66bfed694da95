/**
 * How often the kernel has ended a process of our control group for want of memory (`oom_kill` of memory.events, cgroups(7)): a process that
 * was ended so says nothing, and its signal is anybody's SIGKILL.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CGROUPS = '/sys/fs/cgroup';

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

/** 0 where it cannot be told: without cgroup v2, or where that is not to be seen from here. */
function countedHere(): number {
  try {
    const line = readFileSync('/proc/self/cgroup', 'utf8')
      .split('\n')
      .find((each) => each.startsWith('0::'));
    const events = readFileSync(join(CGROUPS, line?.slice('0::'.length) ?? '', 'memory.events'), 'latin1');
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
