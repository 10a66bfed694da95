/**
 * Keeps the workers at their number. One that ends is replaced: by the spare, which was made while everything was still within reach
 * (files, root), and a new spare is made where that can be done; when a worker is missing and none can be made any more, serving is
 * over, because its share of the clients would wait for ever.
 */
import type { Observe } from '../../observe/events.ts';
import { BackOff } from './back-off.ts';
import type { WorkerEnd, WorkerProxy } from './worker-proxy.ts';

const MAIN = { id: 'main', service: undefined } as const;

const SPARE_AFTER_MS = 1000;

export interface RosterOptions {
  readonly workers: number;
  /** What a spare needs will soon be out of reach; else the start comes first. */
  readonly spareAtOnce: boolean;
  readonly observe: Observe;
  readonly make: () => WorkerProxy;
  /** Gives a new worker everything the others have. @returns what went wrong, if anything */
  readonly equip: (thread: WorkerProxy, slot: number) => Promise<string | undefined>;
  /** Whether a worker is still needed: without listeners none is. */
  readonly needed: () => boolean;
}

interface Slot {
  readonly number: number;
  readonly backOff: BackOff;
  thread: WorkerProxy | undefined;
}

export class WorkerSet {
  readonly broken: Promise<string>;
  readonly #options: RosterOptions;
  readonly #slots: readonly Slot[];
  #spare: WorkerProxy | undefined;
  /** Why no spare could be made the last time. */
  #noSpare: string | undefined;
  #break: (why: string) => void = () => undefined;
  #closed = false;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: RosterOptions) {
    this.#options = options;
    this.broken = new Promise((resolve) => {
      this.#break = resolve;
    });
    this.#slots = Array.from({ length: options.workers }, (_, number) => ({ number, backOff: new BackOff(), thread: undefined }));
    for (const slot of this.#slots) this.#fill(slot, options.make());
    if (options.spareAtOnce) this.#makeSpare();
    else this.#later(SPARE_AFTER_MS, () => this.#makeSpare());
  }

  /** Every worker there is, with its slot. */
  *threads(): Generator<readonly [number, WorkerProxy]> {
    for (const { number, thread } of this.#slots) if (thread !== undefined) yield [number, thread];
  }

  /** @returns why one of the first workers, or of those and the spare, could not begin; undefined when all could */
  async settled(): Promise<string | undefined> {
    const first = [...this.threads()].map(([, thread]) => thread);
    const all = this.#spare !== undefined ? [...first, this.#spare] : first;
    for (const thread of all) if (!(await thread.ready)) return (await thread.ended).why;
    return first.length < this.#slots.length ? 'it ended at once' : undefined;
  }

  /** The spare too has to do what every thread has to. */
  spare(): WorkerProxy | undefined {
    return this.#spare;
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const [, thread] of this.threads()) thread.terminate();
    this.#spare?.terminate();
  }

  #fill(slot: Slot, thread: WorkerProxy): void {
    slot.thread = thread;
    void thread.ended.then((end) => {
      slot.thread = undefined;
      if (!this.#closed && this.#options.needed()) this.#onEnd(slot, end);
    });
  }

  #onEnd(slot: Slot, { why, stack, connectionsLost }: WorkerEnd): void {
    const endedAt = performance.now();
    const waitMs = slot.backOff.next();
    this.#options.observe({ kind: 'worker-ended', worker: slot.number, why, stack, connectionsLost, waitMs }, MAIN);
    if (waitMs === 0) void this.#replace(slot, endedAt);
    else this.#later(waitMs, () => void this.#replace(slot, endedAt));
  }

  async #replace(slot: Slot, endedAt: number): Promise<void> {
    const spare = this.#spare;
    this.#spare = undefined;
    const thread = spare ?? this.#options.make();
    if (!(await thread.ready)) {
      const why = this.#noSpare ?? (await thread.ended).why;
      return this.#break(`Worker ${slot.number} cannot be replaced: ${why}`);
    }
    if (this.#closed || !this.#options.needed()) return thread.terminate();
    this.#fill(slot, thread);
    const failure = await this.#options.equip(thread, slot.number);
    if (failure !== undefined) {
      this.#options.observe({ kind: 'worker-failed', worker: slot.number, text: failure }, MAIN);
      return thread.terminate();
    }
    this.#options.observe({ kind: 'worker-replaced', worker: slot.number, ms: performance.now() - endedAt }, MAIN);
    if (this.#spare === undefined) this.#makeSpare();
  }

  #makeSpare(): void {
    const thread = this.#options.make();
    this.#spare = thread;
    void thread.ready.then((ready) => {
      if (ready && this.#spare === thread) this.#options.observe({ kind: 'spare-worker-ready' }, MAIN);
    });
    void thread.ended.then(({ why }) => {
      if (this.#spare !== thread || this.#closed) return;
      this.#spare = undefined;
      this.#noSpare = why;
      this.#options.observe({ kind: 'no-spare-worker', why }, MAIN);
    });
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}
