/**
 * Keeps the workers at their number, and the service process alive once it was asked for. A worker that ends is replaced by the spare, which
 * was made while everything was still within reach (files, root), and a new spare is made where that can be done; when a worker is missing and
 * none can be made any more, serving is over, because its share of the clients would wait for ever. Workers come first: clients wait in their
 * queues. So the service process is made anew, and takes a spare only where that cannot be done; in a jail there is one more for it.
 */
import type { ProcessName } from '../../../observe/daemon-events.ts';
import type { Observe } from '../../../observe/events.ts';
import type { Role } from '../messages.ts';
import { BackOff } from './back-off.ts';
import { Spares } from './spares.ts';
import type { WorkerEnd, WorkerProxy } from './worker-proxy.ts';

const MAIN = { id: 'main', service: undefined } as const;

const AGAIN_AFTER_MS = 1000;

export interface WorkerSetOptions {
  readonly workers: number;
  /** What a spare needs will soon be out of reach; else the start comes first. */
  readonly spareAtOnce: boolean;
  /** By then nothing can be made any more. */
  readonly jailed: boolean;
  readonly observe: Observe;
  /** @throws Error when there is nothing to make it of */
  readonly make: () => WorkerProxy;
  /** Called once for each process, when it gets its role. */
  readonly roleOf: (name: SlotName, worker: WorkerProxy) => Role;
  /** Gives a new process everything the one before had. @returns what went wrong, if anything */
  readonly furnish: (worker: WorkerProxy, name: SlotName) => Promise<string | undefined>;
  /** A new one has taken its place: it is told to accept nobody any more. @returns when its last connection has ended */
  readonly retire: (worker: WorkerProxy, name: SlotName) => Promise<unknown>;
  /** Whether one that ends is replaced: without listeners no worker is, until `fill`. */
  readonly needed: (name: SlotName) => boolean;
}

/** A worker by its number, from 1, or the service process. */
export type SlotName = Exclude<ProcessName, 'reader'>;

interface Slot {
  readonly name: SlotName;
  readonly backOff: BackOff;
  worker: WorkerProxy | undefined;
  /** The next one is on its way, or its turn will come. */
  replacing: boolean;
  /** By `fill`, the last time. */
  filled: Promise<void>;
}

export class WorkerSet {
  readonly broken: Promise<string>;
  readonly #options: WorkerSetOptions;
  readonly #slots: readonly Slot[];
  #service: Slot | undefined;
  readonly #spares: Spares;
  /** On their way into a slot: until they have one, so that at no time an order to everybody misses them. */
  readonly #coming = new Set<WorkerProxy>();
  /** Others have taken their places; they have connections still. */
  readonly #retired = new Set<WorkerProxy>();
  /** What was said of the first worker that ended. */
  #firstEnd: string | undefined;
  #break: (why: string) => void = () => undefined;
  #closed = false;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: WorkerSetOptions) {
    this.#options = options;
    this.broken = new Promise((resolve) => {
      this.#break = resolve;
    });
    this.#slots = Array.from({ length: options.workers }, (_, index) => newSlot(index + 1));
    for (const slot of this.#slots) this.#assign(slot, options.make());
    this.#spares = new Spares({ observe: options.observe, make: () => this.#tryToMake() });
    if (options.spareAtOnce) this.#spares.keep(this.#sparesWanted);
    else this.#spares.keepSoon(this.#sparesWanted);
  }

  /** Every worker there is, with the number of its slot. */
  *all(): Generator<readonly [number, WorkerProxy]> {
    for (const { name, worker } of this.#slots) if (worker !== undefined) yield [name as number, worker];
  }

  /** Whoever has connections. */
  get serving(): readonly WorkerProxy[] {
    return [...[...this.all()].map(([, worker]) => worker), ...this.#retired];
  }

  get service(): WorkerProxy | undefined {
    return this.#service?.worker;
  }

  /**
   * Starts the service process where there was none; it is the spare where there is one that waits, since later on perhaps no other can be made.
   * @returns undefined: the one there was has ended, and the next will be furnished
   * @throws Error when there is nothing to make it of
   */
  startService(): WorkerProxy | undefined {
    if (this.#service === undefined) {
      this.#service = newSlot('service');
      const spare = this.#spares.takeReady();
      this.#assign(this.#service, spare ?? this.#options.make());
      if (spare !== undefined || this.#options.jailed) this.#spares.keep(this.#sparesWanted);
    }
    return this.#service.worker;
  }

  get #sparesWanted(): number {
    return this.#options.jailed && this.#service !== undefined ? 2 : 1;
  }

  /** @returns why one of the first workers, or of all there are besides, could not begin; undefined when all could */
  async settled(): Promise<string | undefined> {
    const first = [...this.all()].map(([, worker]) => worker);
    for (const worker of [...first, ...this.#besides]) if (!(await worker.ready)) return (await worker.ended).why;
    return first.length < this.#slots.length ? this.#firstEnd : undefined;
  }

  at(slot: number): WorkerProxy | undefined {
    return this.#slots.find(({ name }) => name === slot)?.worker;
  }

  /** Every process there is, also spares and those on their way into a slot. */
  get everyone(): readonly WorkerProxy[] {
    return [...this.serving, ...this.#besides];
  }

  get #besides(): readonly WorkerProxy[] {
    return [this.service, ...this.#spares.all, ...this.#coming].filter((each) => each !== undefined);
  }

  /** Resolves when all have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#spares.close();
    const workers = this.everyone;
    for (const worker of workers) worker.terminate();
    await Promise.all(workers.map((worker) => worker.ended));
  }

  #assign(slot: Slot, worker: WorkerProxy): void {
    slot.worker = worker;
    void worker.order({ order: { kind: 'take-role', role: this.#options.roleOf(slot.name, worker) } });
    void worker.ended.then((end) => {
      if (slot.worker !== worker) return; // another one has its place
      slot.worker = undefined;
      this.#firstEnd ??= end.why;
      if (!this.#closed) this.#onEnd(slot, end);
    });
  }

  #onEnd(slot: Slot, { why, outOfMemory, details, connectionsLost }: WorkerEnd): void {
    const endedAt = performance.now();
    const waitMs = this.#options.needed(slot.name) ? slot.backOff.next() : 0;
    this.#options.observe({ kind: 'worker-ended', worker: slot.name, why, outOfMemory, stack: details, connectionsLost, waitMs }, MAIN);
    slot.replacing = true;
    if (waitMs === 0) void this.#replace(slot, endedAt);
    else this.#later(waitMs, () => void this.#replace(slot, endedAt));
  }

  /** Workers are needed from now on: those that ended while none was are replaced. @returns when they are there, or cannot be made */
  async fill(): Promise<void> {
    for (const slot of this.#slots) {
      if (this.#closed || slot.worker !== undefined || slot.replacing) continue;
      slot.replacing = true;
      slot.filled = this.#replace(slot, performance.now());
    }
    await Promise.all(this.#slots.map(({ filled }) => filled));
  }

  /**
   * Has a new process take the place of each one, because something that a process is born with has changed; the former ones keep their
   * connections until those end.
   * @returns why one could not be made: it, and those after it, are what they were
   */
  async renew(): Promise<string | undefined> {
    const former = new Set(this.everyone); // a spare among them may get the place of one that ends meanwhile
    while (!this.#closed) {
      const slot = [...this.#slots, this.#service].find((each) => each?.worker !== undefined && former.has(each.worker));
      if (slot?.worker === undefined) break;
      const why = await this.#renewOne(slot, slot.worker);
      if (why !== undefined) return why;
    }
    this.#spares.renew(); // kept until here: where none can be made any more they are the last
    return undefined;
  }

  async #renewOne(slot: Slot, former: WorkerProxy): Promise<string | undefined> {
    const worker = this.#tryToMake();
    if (typeof worker === 'string') return worker;
    this.#coming.add(worker);
    const ready = await worker.ready;
    this.#coming.delete(worker);
    if (!ready) return (await worker.ended).why;
    if (this.#closed || slot.worker !== former) {
      worker.terminate(); // it has ended meanwhile
      return undefined;
    }
    this.#assign(slot, worker);
    this.#retire(slot, former);
    const failure = await this.#options.furnish(worker, slot.name);
    if (failure !== undefined) worker.terminate();
    return failure;
  }

  #retire(slot: Slot, former: WorkerProxy): void {
    this.#retired.add(former);
    void this.#options.retire(former, slot.name).then(() => former.terminate());
    void former.ended.then(({ why, outOfMemory, details, connectionsLost }) => {
      this.#retired.delete(former);
      if (connectionsLost === 0 || this.#closed) return;
      this.#options.observe(
        { kind: 'worker-ended', worker: slot.name, why, outOfMemory, stack: details, connectionsLost, waitMs: 0 },
        MAIN,
      );
    });
  }

  async #replace(slot: Slot, endedAt: number): Promise<void> {
    if (!this.#options.needed(slot.name)) {
      slot.replacing = false;
      return;
    }
    const worker = await this.#next(slot.name);
    if (typeof worker === 'string') return this.#closed ? undefined : this.#missing(slot, worker);
    this.#coming.delete(worker);
    if (this.#closed) return worker.terminate();
    slot.replacing = false;
    this.#assign(slot, worker);
    const failure = await this.#options.furnish(worker, slot.name);
    if (failure !== undefined) {
      this.#options.observe({ kind: 'worker-failed', worker: slot.name, text: failure }, MAIN);
      return worker.terminate();
    }
    this.#options.observe({ kind: 'worker-replaced', worker: slot.name, ms: performance.now() - endedAt }, MAIN);
    this.#spares.keep(this.#sparesWanted);
  }

  /** @returns one that is ready, and still one of those that are coming; or why there is none */
  async #next(name: SlotName): Promise<WorkerProxy | string> {
    const spare = (): WorkerProxy | undefined => this.#spares.take();
    const made = (): WorkerProxy | string => this.#tryToMake();
    let why = 'there is no spare';
    for (const find of name === 'service' ? [made, spare] : [spare, made]) {
      const worker = find();
      if (typeof worker !== 'object') {
        why = worker ?? why;
        continue;
      }
      this.#coming.add(worker);
      if (await worker.ready) return worker;
      this.#coming.delete(worker);
      ({ why } = await worker.ended);
      if (this.#closed) break;
    }
    return why;
  }

  /** Without a worker its clients wait for ever; what the service process does can be done without for a while. */
  #missing(slot: Slot, why: string): void {
    if (slot.name !== 'service') {
      this.#break(`Worker ${slot.name} cannot be replaced: ${why}`);
      return;
    }
    this.#options.observe({ kind: 'worker-failed', worker: slot.name, text: `it cannot be replaced: ${why}` }, MAIN);
    this.#later(slot.backOff.next() || AGAIN_AFTER_MS, () => void this.#replace(slot, performance.now()));
  }

  /** @returns why there is none */
  #tryToMake(): WorkerProxy | string {
    try {
      return this.#options.make();
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}

function newSlot(name: SlotName): Slot {
  return { name, backOff: new BackOff(), worker: undefined, replacing: false, filled: Promise.resolve() };
}
