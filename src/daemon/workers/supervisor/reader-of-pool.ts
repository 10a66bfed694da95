/**
 * Files that may be renewed, where serving happens in processes of its own. As long as this process keeps the rights it started with it
 * looks itself; where it gives them up (`setuid`, `setgid`, `chroot`) readers are made before, which keep them: one that reads, and one
 * that stands by, because none can be made any more by then.
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
import type { WorkerEnd, WorkerProxy } from './worker-proxy.ts';

export interface ReaderOptions {
  /** This process will give rights up. */
  readonly wanted: boolean;
  readonly observe: Observe;
  /** @throws Error when there is nothing to make it of */
  readonly make: () => WorkerProxy;
}

const MAIN = { id: 'main', service: undefined } as const;
/** One in reserve. */
const READERS = 2;

export class ReaderOfPool implements WatchedFiles {
  readonly #options: ReaderOptions;
  readonly #here = new FilesWatchedHere();
  /** Those there are; the first one reads. */
  #readers: readonly WorkerProxy[] = [];
  /** Which of them could begin: one that could not has left `#readers`. */
  #begun: Promise<readonly boolean[]> = Promise.resolve([]);
  #orders: readonly WatchOrder[] = [];
  #tell: (files: FilesRead) => void = () => undefined;
  #settled = false;
  #closed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Makes the readers, where these services have something to be renewed. Later on none can be made any more. */
  keepFor(services: readonly Pick<Service, 'config' | 'files'>[]): void {
    const orders = watchOrders(services);
    const [first] = orders;
    if (!this.#options.wanted || this.#settled || this.#readers.length > 0 || first === undefined) return;
    const role: Role = { kind: 'reader', mayRead: orders.flatMap(({ questions }) => questions), folder: first.folder };
    this.#readers = Array.from({ length: READERS }, () => this.#make(role));
    this.#begun = Promise.all(this.#readers.map(({ ready }) => ready));
    void this.watch(orders);
  }

  #make(role: Role): WorkerProxy {
    const reader = this.#options.make();
    void reader.order({ order: { kind: 'take-role', role } });
    void reader.ended.then((end) => this.#onEnd(reader, end));
    return reader;
  }

  #onEnd(reader: WorkerProxy, { why, outOfMemory, details }: WorkerEnd): void {
    const [before] = this.#readers;
    this.#readers = this.#readers.filter((each) => each !== reader);
    if (this.#closed) return;
    const end = { worker: 'reader', why, outOfMemory, stack: details, connectionsLost: 0, waitMs: 0 } as const;
    this.#options.observe({ kind: 'worker-ended', ...end }, MAIN);
    if (before === reader) void this.watch(this.#orders); // which finds what has changed meanwhile
    this.#options.observe({ kind: 'reader-lost', left: this.#readers.length }, MAIN);
  }

  /** Nothing more can be made from here on. @throws OvercoatError `start_process` when a reader could not begin */
  async settled(): Promise<void> {
    this.#settled = true;
    if ((await this.#begun).includes(false)) throw new OvercoatError('start_process', 'A process that reads renewed files could not start');
  }

  async watch(orders: readonly WatchOrder[]): Promise<void> {
    this.#orders = orders;
    if (this.#options.wanted) await this.#readers[0]?.order({ order: { kind: 'watch-files', orders } });
    else await this.#here.watch(orders);
  }

  async read(): Promise<FilesRead> {
    return this.#options.wanted ? this.readForUs() : this.#here.read();
  }

  /** One that ends over it is followed by the next. */
  async readForUs(): Promise<FilesRead> {
    for (const reader of this.#readers) {
      const answer = await reader.order({ order: { kind: 'read-files' } });
      if (answer.kind === 'files-read') return answer.files;
      if (answer.kind === 'gone') await reader.ended;
    }
    return new Map();
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
    for (const reader of this.#readers) reader.terminate();
  }
}
