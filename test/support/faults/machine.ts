/** Faults of the machine under a daemon: descriptors, disk, clock. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../overcoat/daemon.ts';
import { workersOf } from '../overcoat/daemon.ts';
import type { Fault } from './fault.ts';

/** No process of the daemon gets another descriptor; those it has stay. Needs `prlimit`. */
export const NO_DESCRIPTORS: Fault = {
  name: 'no descriptor is left',
  cutsConnections: false,
  inject: async (daemon) => {
    const before = [daemon.pid, ...workersOf(daemon.pid)].map((pid) => ({ pid, limit: limitOf(pid) }));
    for (const { pid } of before) setLimit(pid, '3:');
    return async () => {
      for (const { pid, limit } of before) setLimit(pid, limit);
    };
  },
};

/** @param folder on a file system of its own, where the daemon writes its log or its records */
export function fullDisk(folder: string): Fault {
  const filler = join(folder, 'filler');
  return {
    name: 'the disk is full',
    cutsConnections: false,
    inject: async () => {
      try {
        writeFileSync(filler, Buffer.alloc(2 ** 24));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
      }
      return async () => rmSync(filler, { force: true });
    },
  };
}

/** Of the Debian package faketime, for `clockOf`. */
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

export interface FakeClock {
  /** Environment of a daemon whose wall clock follows `set`; what nobody sets (CLOCK_MONOTONIC) is as it was. */
  readonly env: Readonly<Record<string, string>>;
  /** @param days from the real date */
  set(days: number): void;
}

/** @param file where the date is written */
export function clockOf(file: string): FakeClock {
  const set = (days: number): void => writeFileSync(file, `${days < 0 ? '' : '+'}${days}d\n`);
  set(0);
  const env = { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  return { env, set };
}

/** The clock is a day early or late, until it is undone. */
export function wrongClock(clock: FakeClock, days: number): Fault {
  return {
    name: `the clock is set by ${days} day(s)`,
    cutsConnections: false,
    inject: async () => {
      clock.set(days);
      return async () => clock.set(0);
    },
  };
}

function limitOf(pid: Daemon['pid']): string {
  const columns = ['--pid', String(pid), '--nofile', '--noheadings', '--raw', '--output', 'SOFT,HARD'];
  const [soft = '', hard = ''] = execFileSync('prlimit', columns, { encoding: 'utf8' }).trim().split(/\s+/);
  return `${soft}:${hard}`;
}

/** One that has ended has no limit. */
function setLimit(pid: number, limit: string): void {
  try {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}`], { stdio: 'ignore' });
  } catch {
    // a worker that was replaced meanwhile
  }
}
