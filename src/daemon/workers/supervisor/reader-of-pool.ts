/**
 * Files that may be renewed, where serving happens in processes of its own. As long as this process keeps the rights it started with it
 * looks itself; where it gives them up (`setuid`, `setgid`, `chroot`) a reader is made before, which keeps them.
 */
import type { Service } from '../../../connection/record.ts';
import { OvercoatError } from '../../../errors.ts';
import type { Observe } from '../../../observe/events.ts';
import type { FilesRead } from '../../../start-files.ts';
import type { WatchOrder } from '../../renewal/file-watch.ts';
import { watchOrders } from '../../renewal/watch-orders.ts';
import type { WatchedFiles } from '../../renewal/watched-files.ts';
import { FilesWatchedHere } from '../../renewal/watched-files.ts';
import type { Role } from '../messages.ts';
import type { WorkerProxy } from './worker-proxy.ts';

export interface ReaderOptions {
  /** This process will give rights up. */
  readonly wanted: boolean;
  readonly observe: Observe;
  /** @throws Error when there is nothing to make it of */
  readonly make: () => WorkerProxy;
}

const MAIN = { id: 'main', service: undefined } as const;
const ROLE: Role = { kind: 'reader' };

export class ReaderOfPool implements WatchedFiles {
  readonly #options: ReaderOptions;
  readonly #here = new FilesWatchedHere();
  #reader: WorkerProxy | undefined;
  #tell: (files: FilesRead) => void = () => undefined;
  #settled = false;
  #closed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Makes the reader, where these services have something to be renewed. Later on none can be made any more. */
  keepFor(services: readonly Pick<Service, 'config' | 'files'>[]): void {
    const orders = watchOrders(services);
    if (!this.#options.wanted || this.#settled || this.#reader !== undefined || orders.length === 0) return;
    const reader = this.#options.make();
    this.#reader = reader;
    void reader.order({ order: { kind: 'take-role', role: ROLE } });
    void reader.order({ order: { kind: 'watch-files', orders } });
    void reader.ended.then(({ why, outOfMemory, details }) => {
      this.#reader = undefined;
      if (this.#closed) return;
      const end = { worker: 'reader', why, outOfMemory, stack: details, connectionsLost: 0, waitMs: 0 } as const;
      this.#options.observe({ kind: 'worker-ended', ...end }, MAIN);
      this.#options.observe({ kind: 'worker-failed', worker: 'reader', text: 'renewed files are not seen any more until a restart' }, MAIN);
    });
  }

  /** Nothing more can be made from here on. @throws OvercoatError `start_process` when the reader could not begin */
  async settled(): Promise<void> {
    this.#settled = true;
    if (this.#reader !== undefined && !(await this.#reader.ready))
      throw new OvercoatError('start_process', 'The process that reads renewed files could not start');
  }

  async watch(orders: readonly WatchOrder[]): Promise<void> {
    if (this.#options.wanted) await this.#reader?.order({ order: { kind: 'watch-files', orders } });
    else await this.#here.watch(orders);
  }

  async read(): Promise<FilesRead> {
    return this.#options.wanted ? this.readForUs() : this.#here.read();
  }

  async readForUs(): Promise<FilesRead> {
    const answer = await this.#reader?.order({ order: { kind: 'read-files' } });
    return answer?.kind === 'files-read' ? answer.files : new Map();
  }

  onChange(tell: (files: FilesRead) => void): void {
    this.#tell = tell;
    this.#here.onChange(tell);
  }

  /** The reader says so. */
  changed(files: FilesRead): void {
    this.#tell(files);
  }

  close(): void {
    this.#closed = true;
    this.#here.close();
    this.#reader?.terminate();
  }
}
