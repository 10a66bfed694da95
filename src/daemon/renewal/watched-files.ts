/**
 * The files that may be renewed, as the daemon sees them: looked at in this process, or by one that has kept the right to read them when
 * this one gave it up (`workers/supervisor/reader-of-pool.ts`).
 */
import type { FilesRead } from '../../start-files.ts';
import type { WatchOrder } from './file-watch.ts';
import { FileWatch } from './file-watch.ts';

export interface WatchedFiles {
  /** Watches these from now on, and nothing else. */
  watch(orders: readonly WatchOrder[]): Promise<void>;
  /** What they hold now. */
  read(): Promise<FilesRead>;
  /** The same where this process may not be able to read them itself any more, else nothing. */
  readForUs(): Promise<FilesRead>;
  /** Who is told what they hold, whenever that has changed; one at a time. */
  onChange(tell: (files: FilesRead) => void): void;
  close(): void;
}

/** In this process. */
export class FilesWatchedHere implements WatchedFiles {
  #watches: readonly FileWatch[] = [];
  #tell: (files: FilesRead) => void = () => undefined;

  async watch(orders: readonly WatchOrder[]): Promise<void> {
    this.close();
    this.#watches = orders.map((order) => new FileWatch(order, (files) => this.#tell(files)));
  }

  async read(): Promise<FilesRead> {
    return new Map(this.#watches.flatMap((watch) => [...watch.read()]));
  }

  async readForUs(): Promise<FilesRead> {
    return new Map();
  }

  onChange(tell: (files: FilesRead) => void): void {
    this.#tell = tell;
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }
}
