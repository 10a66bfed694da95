/** How many processes serve: `workers = N | auto`, and whether the one that was started is among them. */
import { availableParallelism } from 'node:os';
import type { GlobalConfig } from '../../config/config.ts';
import { givesUpRights } from '../process/confine.ts';

const MOST_BY_ITSELF = 8;
/** Two workers on two cores cost more than they bring: clients, servers and the kernel want a core as well. */
const CORES_FOR_ONE = 2;

/**
 * Whether connections run in processes of their own however few there are: where the daemon is somebody's service, or gives up what it
 * had at start, a crash must cost connections and not the service, and the keys that root reads stay out of the process that serves.
 * @param managed started by a service manager
 * @param ofFile the configuration is a FILE: whoever writes `confine = yes` there gets a fence that is whole, which a process has only that
 *   was started for it; a command has its own by default, as far as it goes in one process, and is quick to start
 */
export function servesApart(global: GlobalConfig, managed: boolean, ofFile = false): boolean {
  const { foreground, confine } = global;
  const fenced = confine === 'strict' || (confine === 'yes' && ofFile);
  return fenced || managed || foreground === 'no' || givesUpRights(global);
}

/** `auto` is one on one or two cores, else one a core, at most eight. */
export function workerCount(wanted: GlobalConfig['workers'], cores: number = availableParallelism()): number {
  if (wanted !== 'auto') return wanted;
  return cores <= CORES_FOR_ONE ? 1 : Math.min(cores, MOST_BY_ITSELF);
}
