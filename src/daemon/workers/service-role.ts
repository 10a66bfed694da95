/** The service process, as a process that the supervisor started. */
import type { Observe } from '../../observe/events.ts';
import { ServiceServer } from '../service-process/service-server.ts';
import type { Answer, ServiceOrder } from './messages.ts';
import type { ProcessRole } from './process-role.ts';

export class ServiceRole implements ProcessRole<ServiceOrder> {
  readonly #server: ServiceServer;

  constructor(observe: Observe) {
    this.#server = new ServiceServer(observe);
  }

  async carryOut(order: ServiceOrder, descriptors: readonly number[]): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'keep':
        await this.#server.begin(order.order, descriptors);
        return undefined;
      case 'ask-service':
        return { kind: 'service-answer', answer: this.#server.answer(order.question) };
    }
  }

  cutOff(): void {
    this.#server.close();
  }

  async drain(): Promise<void> {
    this.#server.close();
  }
}
