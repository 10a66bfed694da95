/** What a process of a pool is told when it takes its place, and when another one has that place. */
import { OvercoatError } from '../../../errors.ts';
import type { GenerationsOfPool } from './generations-of-pool.ts';
import type { ServiceOfPool } from './pool-service.ts';
import type { PooledListener } from './pooled-listener.ts';
import type { ProgramsOfPool } from './programs-of-pool.ts';
import type { AnswerOrGone, OrderWithDescriptors, WorkerProxy } from './worker-proxy.ts';
import type { SlotName } from './worker-set.ts';

/** What holds in a pool, each as it is when a process asks. */
export interface StandingParts {
  readonly service: Pick<ServiceOfPool, 'orders'>;
  readonly generations: Pick<GenerationsOfPool, 'orders'>;
  readonly programs: Pick<ProgramsOfPool, 'ordersFor'>;
  readonly listeners: ReadonlySet<PooledListener>;
}

export class OrdersOfPool {
  readonly #parts: StandingParts;

  constructor(parts: StandingParts) {
    this.#parts = parts;
  }

  /**
   * Tells a new process all that holds in its place. The orders go out in one go, so that whatever is ordered meanwhile comes after them.
   * @returns why it could not carry one out
   */
  async furnish(worker: WorkerProxy, name: SlotName): Promise<string | undefined> {
    const orders = typeof name === 'string' ? this.#parts.service.orders : this.#ordersFor(name);
    const answers = await Promise.all(orders.map((order) => worker.order(order)));
    const failed = answers.find((answer) => answer.kind === 'failed');
    return failed?.kind === 'failed' ? failed.text : undefined;
  }

  /** One whose place another has: it accepts nobody, and starts no program, any more. Resolves when its connections have ended. */
  async retire(worker: WorkerProxy, name: SlotName): Promise<unknown> {
    if (name === 'service') return worker.order({ order: { kind: 'stop-keeping' } });
    for (const { id } of this.#parts.listeners) void worker.order({ order: { kind: 'close', listener: id } });
    void worker.order({ order: { kind: 'stop-programs' } });
    return worker.order({ order: { kind: 'when-empty' } });
  }

  #ordersFor(slot: number): readonly OrderWithDescriptors[] {
    const { generations, listeners, programs } = this.#parts;
    return [...generations.orders, ...[...listeners].map((listener) => listener.listenOrder(slot)), ...programs.ordersFor(slot)];
  }
}

/** @throws OvercoatError where one could not carry out its order */
export function refuseFailures(answers: readonly AnswerOrGone[]): void {
  for (const answer of answers) if (answer.kind === 'failed') throw new OvercoatError(answer.code, answer.text);
}
