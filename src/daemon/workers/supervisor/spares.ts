/** Processes that have no role yet and stand by: making one takes longer than clients should wait, or cannot be done any more when one is needed. */
import type { Observe } from '../../../observe/events.ts';
import type { WorkerProxy } from './worker-proxy.ts';

const MAIN = { id: 'main', service: undefined } as const;

const AGAIN_AFTER_MS = 1000;

export interface SparesOptions {
  readonly observe: Observe;
  /** @returns why none can be made */
  readonly make: () => WorkerProxy | string;
}

export class Spares {
  readonly #options: SparesOptions;
  #all: readonly WorkerProxy[] = [];
  #wanted = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SparesOptions) {
    this.#options = options;
  }

  get all(): readonly WorkerProxy[] {
    return this.#all;
  }

  /** Makes those that are missing of so many, now. */
  keep(wanted: number): void {
    this.#wanted = wanted;
    while (!this.#closed && this.#all.length < wanted) {
      const worker = this.#options.make();
      if (typeof worker === 'string') {
        this.#without(worker);
        return;
      }
      this.#all = [...this.#all, worker];
      this.#watch(worker);
    }
  }

  /** The same in a moment: what is under way comes first. */
  keepSoon(wanted: number): void {
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.keep(this.#wanted), AGAIN_AFTER_MS);
  }

  /** @returns one that stands by no more; one that is not ready yet where there is no other; undefined: there is none */
  take(): WorkerProxy | undefined {
    return this.takeReady() ?? this.#take(this.#all[0]);
  }

  takeReady(): WorkerProxy | undefined {
    return this.#take(this.#all.find(({ isReady }) => isReady));
  }

  /** Others take the places of all, which end. */
  renew(): void {
    const former = this.#all;
    this.#all = [];
    for (const worker of former) worker.terminate();
    this.keep(this.#wanted);
  }

  /** They are the caller's to end. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #take(worker: WorkerProxy | undefined): WorkerProxy | undefined {
    this.#all = this.#all.filter((each) => each !== worker);
    return worker;
  }

  /** One that has been ready and ended is made again; one that could not begin would not the next time either. */
  #watch(worker: WorkerProxy): void {
    void worker.ready.then((ready) => {
      if (ready && this.#all.includes(worker)) this.#options.observe({ kind: 'spare-worker-ready' }, MAIN);
    });
    void worker.ended.then(({ why }) => {
      if (!this.#all.includes(worker) || this.#closed) return;
      this.#take(worker);
      if (worker.isReady) this.keepSoon(this.#wanted);
      else this.#without(why);
    });
  }

  #without(why: string): void {
    this.#options.observe({ kind: 'no-spare-worker', why }, MAIN);
  }
}
