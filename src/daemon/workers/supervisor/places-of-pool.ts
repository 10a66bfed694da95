/** The memory that the supervisor shares with its workers, and the place in it that each process is born with and leaves at its end. */
import type { GlobalConfig } from '../../../config/config.ts';
import { SharedCount } from '../../../connection/accept/shared-count.ts';
import { SourceTable } from '../../../connection/access/source-table.ts';
import { DialledSockets } from '../../../connection/dial/dialled-sockets.ts';
import type { SharedMemory } from '../../../linux/process/shared-memory.ts';
import { createSharedMemory } from '../../../linux/process/shared-memory.ts';
import type { LibraryConfig } from '../../../tls/material/providers.ts';
import type { Fence, FenceInside } from '../../fence/fence.ts';
import type { SharedState } from '../shared-state.ts';
import { sharedState, sharedStateBytes } from '../shared-state.ts';
import { spawnWorker } from './spawn-worker.ts';
import type { WorkerListener } from './worker-proxy.ts';
import { WorkerProxy } from './worker-proxy.ts';

/** Behind fences that are replaced: so many workers for each, most of them former ones with long connections. More must wait. */
const FENCED_TIMES = 8;

/** How a process is born. */
export interface Birth {
  /** What it needs of files and providers will be out of reach, and is loaded before it is ready. */
  readonly sealed: boolean;
  readonly fence: Fence | undefined;
  /** The longest message it may send. */
  readonly mostBytes: number;
}

export class PlacesOfPool {
  readonly shared: SharedState;
  readonly #global: GlobalConfig;
  readonly #memory: SharedMemory;
  readonly #dialled: DialledSockets;
  readonly #sources: SourceTable;
  readonly #taken: boolean[];

  /** @throws NodeJS.ErrnoException when there is no memory to share, or no descriptor left */
  constructor(global: GlobalConfig, workers: number, isFenced: boolean) {
    this.#global = global;
    // The workers and the service process, as many that are just ending, two spares and two readers; behind a fence also former ones.
    const times = isFenced ? FENCED_TIMES : 2;
    this.#taken = Array.from({ length: times * (workers + 1) + 4 }, () => false);
    this.#memory = createSharedMemory('overcoat', sharedStateBytes(this.#taken.length));
    this.shared = sharedState(this.#memory.buffer, this.#taken.length);
    this.#dialled = new DialledSockets(this.shared.dialled);
    this.#sources = new SourceTable(this.shared.sources, 0, this.#taken.length);
  }

  /**
   * Makes a process that has no role yet.
   * @param listener who hears what that process says
   * @throws Error when every place is taken, or the process cannot be started
   */
  make({ sealed, fence, mostBytes }: Birth, listener: (worker: () => WorkerProxy) => WorkerListener): WorkerProxy {
    const place = this.#taken.findIndex((taken) => !taken);
    if (place < 0) throw new Error('too many former workers have connections still');
    const record = {
      places: this.#taken.length,
      place,
      sealed,
      status: this.#global.watch.status !== undefined,
      library: sealed ? libraryOf(this.#global) : undefined,
      fence: fence === undefined ? undefined : insideOf(fence),
    };
    const folder = this.#global.foreground === 'no' ? '/' : undefined; // as the supervisor has it once it has read its files
    const started = spawnWorker({ memory: this.#memory.fd, folder, fence, mostBytes });
    const worker: WorkerProxy = new WorkerProxy(
      started,
      record,
      new SharedCount(this.shared.counts, place),
      listener(() => worker),
    );
    this.#taken[place] = true;
    void worker.ended.then(() => {
      this.#dialled.forgetAllOf(place);
      this.#sources.forgetAllOf(place);
      this.#taken[place] = false;
    });
    return worker;
  }
}

/** What of a configuration the TLS library of each process is set up with. */
export function libraryOf({ providers, fips }: GlobalConfig): LibraryConfig {
  return { providers, fips };
}

function insideOf({ strict, unixSockets, modules }: Fence): FenceInside {
  return { strict, unixSockets, modules };
}
