/** How many processes serve: `workers = N | auto`. */
import { availableParallelism } from 'node:os';
import type { GlobalConfig } from '../../config/config.ts';

const MOST_BY_ITSELF = 8;
/** Two workers on two cores cost more than they bring: clients, servers and the kernel want a core as well. */
const CORES_FOR_ONE = 2;

/** `auto` is one on one or two cores, else one a core, at most eight. */
export function workerCount(wanted: GlobalConfig['workers'], cores: number = availableParallelism()): number {
  if (wanted !== 'auto') return wanted;
  return cores <= CORES_FOR_ONE ? 1 : Math.min(cores, MOST_BY_ITSELF);
}
