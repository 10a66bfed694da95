/** The connections of all workers together. */
import type { ConnectionSummary } from '../../../connection/accept/connection-table.ts';
import type { SharedCount } from '../../../connection/accept/shared-count.ts';
import type { CloseReason } from '../../../observe/events.ts';
import type { OpenConnections } from '../../engine.ts';
import type { Order } from '../messages.ts';
import { TimeToEnd } from './time-limits.ts';
import type { AnswerOrGone } from './worker-proxy.ts';
import type { WorkerSet } from './worker-set.ts';

export class ConnectionsOfWorkers implements OpenConnections {
  /** Of the pool: it ends when its connections are closed. */
  readonly ending = new TimeToEnd();
  readonly #workers: WorkerSet;
  readonly #count: SharedCount;

  constructor(workers: WorkerSet, count: SharedCount) {
    this.#workers = workers;
    this.#count = count;
  }

  get size(): number {
    return this.#count.total;
  }

  get limit(): number | undefined {
    return this.#count.limit;
  }

  set limit(limit: number | undefined) {
    this.#count.limit = limit;
  }

  /** Oldest first. */
  async list(): Promise<readonly ConnectionSummary[]> {
    const answers = await this.#ask({ kind: 'list' });
    const all = answers.flatMap((answer) => (answer.kind === 'listed' ? answer.connections : []));
    return all.sort((a, b) => b.ms - a.ms);
  }

  async empty(): Promise<void> {
    await this.#ask({ kind: 'when-empty' });
  }

  async end(connection: number): Promise<boolean> {
    const answers = await this.#ask({ kind: 'close-one', connection });
    return answers.some((answer) => answer.kind === 'closed-one' && answer.found);
  }

  async closeAll(reason: CloseReason): Promise<void> {
    await this.ending.within(this.#ask({ kind: 'close-all', reason }));
  }

  #ask(order: Order): Promise<readonly AnswerOrGone[]> {
    return Promise.all(this.#workers.serving.map((worker) => worker.order({ order })));
  }
}
