/**
 * Processes of ours that a network reaches: workers, and a process that does everything. One that was taken over must not give us orders as
 * our user does, so the control socket refuses them (unix(7), SO_PEERCRED). Where a process before us still has connections, its own
 * are among them.
 */
import { processStartTime } from '../../linux/process/process-start-time.ts';

/** One process, although numbers are given again. Plain data. */
export interface ProcessIdentity {
  readonly pid: number;
  /** undefined: it could not be told (no /proc). */
  readonly startTime: string | undefined;
}

/** Above this many, those that ended long ago make room; one that runs does not. */
const MOST = 4096;

export class ReachedProcesses {
  readonly #known = new Map<number, string | undefined>();
  readonly #startTime: (pid: number) => string | undefined;

  constructor(startTime = processStartTime) {
    this.#startTime = startTime;
  }

  /** @param pid of a process that runs */
  add(pid: number): void {
    this.adopt([{ pid, startTime: this.#startTime(pid) }]);
  }

  /** Those of a process before. */
  adopt(processes: readonly ProcessIdentity[]): void {
    for (const { pid, startTime } of processes) {
      this.#known.delete(pid);
      this.#known.set(pid, startTime);
    }
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      if (!this.#runs(oldest)) this.#known.delete(oldest);
    }
  }

  /** Also of one that has ended meanwhile: what it has sent may be read after its end. */
  has(pid: number): boolean {
    if (!this.#known.has(pid)) return false;
    const [then, now] = [this.#known.get(pid), this.#startTime(pid)];
    return then === undefined || now === undefined || then === now;
  }

  /** Not where it cannot be told. */
  #runs(pid: number): boolean {
    const then = this.#known.get(pid);
    return then !== undefined && then === this.#startTime(pid);
  }

  get all(): readonly ProcessIdentity[] {
    return [...this.#known].map(([pid, startTime]) => ({ pid, startTime }));
  }
}
