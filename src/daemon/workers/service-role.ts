/** The service process, as a process that the supervisor started. */
import { ServiceServer } from '../service-process/service-server.ts';
import type { Answer, ServiceOrder } from './messages.ts';
import type { ProcessRole } from './process-role.ts';
import type { SupervisorProxy } from './supervisor-proxy.ts';

export class ServiceRole implements ProcessRole<ServiceOrder> {
  readonly #server: ServiceServer;

  constructor({ observe, read }: Pick<SupervisorProxy, 'observe' | 'read'>) {
    this.#server = new ServiceServer(observe, read);
  }

  async carryOut(order: ServiceOrder, descriptors: readonly number[]): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'keep':
        await this.#server.begin(order.order, descriptors);
        return undefined;
      case 'stop-keeping':
        this.#server.close();
        return undefined;
      case 'ask-service':
        return { kind: 'service-answer', answer: await this.#server.answer(order.question) };
    }
  }

  cutOff(): void {
    this.#server.close();
  }

  async drain(): Promise<void> {
    this.#server.close();
  }
}
