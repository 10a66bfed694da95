/** The service process of several processes: started with the first order, and again with all of them when it has ended. */
import { OvercoatError } from '../../../errors.ts';
import type { ServiceAnswer, ServiceQuestion, StandingOrder } from '../../service-process/messages.ts';
import type { ServiceProcess } from '../../service-process/service-process.ts';
import { withinLimit } from './time-limits.ts';
import type { OrderWithDescriptors } from './worker-proxy.ts';
import type { WorkerSet } from './worker-set.ts';

export class ServiceOfPool implements ServiceProcess {
  readonly #workers: WorkerSet;
  readonly #kept: OrderWithDescriptors[] = [];

  constructor(workers: WorkerSet) {
    this.#workers = workers;
  }

  /** What a new one has to be told. */
  get orders(): readonly OrderWithDescriptors[] {
    return this.#kept;
  }

  async keep(order: StandingOrder, descriptors: readonly number[]): Promise<void> {
    const kept: OrderWithDescriptors = { order: { kind: 'keep', order }, descriptors };
    this.#kept.push(kept);
    const answer = await this.#workers.startService()?.order(kept);
    if (answer?.kind !== 'failed' && answer?.kind !== 'gone') return;
    this.#kept.splice(this.#kept.indexOf(kept), 1);
    if (answer.kind === 'failed') throw new OvercoatError(answer.code, answer.text);
    throw new OvercoatError('start_process', 'The service process could not start');
  }

  async ask(question: ServiceQuestion): Promise<ServiceAnswer | undefined> {
    const answer = await this.#workers.service?.order({ order: { kind: 'ask-service', question } });
    return answer?.kind === 'service-answer' ? answer.answer : undefined;
  }

  /** The process itself ends with the pool. */
  async close(): Promise<void> {
    this.#kept.length = 0;
    const told = this.#workers.service?.order({ order: { kind: 'stop-keeping' } });
    if (told !== undefined) await withinLimit(told);
  }
}
