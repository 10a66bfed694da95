/** The fence at a start: what is said about it, and, in one process, that it is put up. Loaded only where `confine` asks for one. */
import { chownSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import { forbidDumps } from '../../linux/libc/process.ts';
import type { Observe } from '../../observe/events.ts';
import type { Fence } from './fence.ts';
import { aroundThisProcess, kernelLacks, orConfinementError, refuseGaps } from './fence.ts';
import { fenceLines } from './fence-lines.ts';
import { foldersWritten, workerFence } from './needs.ts';
import { fenceOfOne } from './one-process.ts';

const UI = { id: 'ui', service: undefined } as const;
const PRIVATE = 0o700;

export interface Beginning {
  /** Processes of their own serve. */
  readonly apart: boolean;
  /** Programs of the system are run around this process. */
  readonly surrounded: boolean;
  readonly observe: Observe;
}

/**
 * Nothing was read from the network yet, and no thread of the pool has begun.
 * @returns what workers are to be born behind
 * @throws OvercoatError `start_confinement`
 */
export function beginFence(config: Config, { apart, surrounded, observe }: Beginning): Fence | undefined {
  const fence = apart ? workerFence(config) : fenceOfOne(config, surrounded);
  if (fence === undefined) return undefined;
  const say = (level: 4 | 5 | 6, text: string): void => observe({ kind: 'message', level, text }, UI);
  if (config.global.confine === 'report') {
    for (const line of fenceLines(fence)) say(5, `confine = report: ${line}`);
    return undefined;
  }
  refuseGaps(fence);
  const lacks = kernelLacks(fence.capabilities);
  if (lacks.length > 0) say(4, `confine: not fenced here: ${lacks.join('; ')}; the rest is`);
  for (const text of fence.open) say(6, `confine: left open: ${text}`);
  if (config.services.some(({ exec }) => exec !== undefined)) say(5, 'confine: programs (exec) are started outside of the fence');
  makeFolders(config);
  // No limit of core files: the programs that this process starts would inherit it.
  if (apart) forbidDumps();
  else orConfinementError(() => aroundThisProcess(fence));
  return apart ? fence : undefined;
}

/**
 * A rule is about a folder that is there. It belongs to whoever will write in it, whom `setuid` names. One that cannot be made is missed,
 * and named, by whoever wants to write in it.
 */
function makeFolders({ global: { setuid, setgid }, services }: Config): void {
  for (const folder of services.flatMap(foldersWritten)) {
    try {
      const first = mkdirSync(folder, { recursive: true, mode: PRIVATE });
      if (first === undefined || (setuid === undefined && setgid === undefined)) continue;
      for (let made = folder; made.length >= first.length; made = dirname(made)) chownSync(made, setuid ?? -1, setgid ?? -1);
    } catch {
      // see above
    }
  }
}
