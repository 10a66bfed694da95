/** What this process costs the machine, for metrics. */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ProcessVitals } from '../../status/control.ts';

/** The timer behind the measure comes so often: what is shorter is not seen, and what is left of it is not a delay. */
const RESOLUTION_MS = 20;

/** Whoever scrapes asks oftener. The measure wakes an idle process fifty times a second, so it ends when nobody asks any more. */
const MEASURED_MS = 5 * 60_000;

let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;
let unasked: NodeJS.Timeout | undefined;

/** @param name `main`, or `worker 2`. The delay is 0 when it is asked for the first time in a while: measuring begins then */
export function vitals(name: string): ProcessVitals {
  const { user, system } = process.cpuUsage();
  return {
    process: name,
    pid: process.pid,
    memoryBytes: orUnknown(() => process.memoryUsage.rss()),
    descriptors: orUnknown(() => readdirSync('/proc/self/fd').length - 1),
    cpuSeconds: (user + system) / 1e6,
    delaySeconds: longestDelay(),
  };
}

function longestDelay(): number {
  clearTimeout(unasked);
  unasked = setTimeout(() => {
    delays?.disable();
    delays = undefined;
  }, MEASURED_MS).unref();
  if (delays === undefined) {
    delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    return 0;
  }
  const longestMs = delays.count === 0 ? 0 : delays.max / 1e6 - RESOLUTION_MS;
  delays.reset();
  return Math.max(0, longestMs) / 1000;
}

function orUnknown(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
