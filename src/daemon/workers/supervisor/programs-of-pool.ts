/** Programs that are clients (`exec` without `accept`): they run in the worker of one slot, also in the next one there. */
import { clientIsProgram } from '../../../connection/dial/program-leg.ts';
import type { Order } from '../messages.ts';
import type { PooledService } from './pooled-listener.ts';
import type { OrderWithDescriptors } from './worker-proxy.ts';
import type { WorkerSet } from './worker-set.ts';

/** Programs belong to this one. */
const PROGRAMS_SLOT = 1;

export class ProgramsOfPool {
  readonly #workers: WorkerSet;
  #services: readonly PooledService[] = [];
  /** No worker could be told of them yet: the next one in their slot starts them all. */
  #wait = false;

  constructor(workers: WorkerSet) {
    this.#workers = workers;
  }

  /** A worker is needed for them. */
  get isAny(): boolean {
    return this.#services.length > 0;
  }

  /** @param services of the configuration that is in use now, those with programs and the others */
  switchTo(services: readonly PooledService[]): void {
    const before = this.isAny;
    this.#services = services.filter(({ config }) => clientIsProgram(config));
    if (this.isAny) void this.#workers.fill();
    if (this.isAny || before) this.#order({ kind: 'run-programs', services: this.#services.map(referenceOf) });
  }

  stop(): void {
    if (this.isAny) this.#order({ kind: 'stop-programs' });
    this.#services = [];
  }

  /** What a new worker in this slot has to start. A program without `retry` is not started twice. */
  ordersFor(slot: number): readonly OrderWithDescriptors[] {
    if (slot !== PROGRAMS_SLOT) return [];
    const again = this.#services.filter(({ config }) => this.#wait || config.retryMs !== undefined);
    this.#wait = false;
    return again.length === 0 ? [] : [{ order: { kind: 'run-programs', services: again.map(referenceOf) } }];
  }

  #order(order: Order): void {
    const worker = this.#workers.at(PROGRAMS_SLOT);
    this.#wait = worker === undefined;
    void worker?.order({ order });
  }
}

function referenceOf({ reference }: PooledService): PooledService['reference'] {
  return reference;
}
