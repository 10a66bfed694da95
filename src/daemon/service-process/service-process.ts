/**
 * What is done beside the connections, as the daemon sees it: by a process of its own where there are workers, else in this one. It reads
 * what the network says where no client is served, and it is given no key of a service.
 */
import { duplicate } from '../../linux/libc/descriptors.ts';
import type { NameMemory, RememberedName } from '../../names/dns/memory.ts';
import type { Observe } from '../../observe/events.ts';
import type { Desk } from '../../status/desk.ts';
import { systemError } from '../../text/system-error.ts';
import type { ServiceAnswer, ServiceQuestion, StandingOrder } from './messages.ts';
import { ServiceServer } from './service-server.ts';

export interface ServiceProcess {
  /**
   * Has an order carried out, now and by whatever takes the place of a process that ended.
   * @param descriptors go with it; they stay the caller's, and open until the end
   * @throws OvercoatError when it could not be carried out now
   */
  keep(order: StandingOrder, descriptors: readonly number[]): Promise<void>;
  /** @returns undefined where the process that should have answered ended first */
  ask(question: ServiceQuestion): Promise<ServiceAnswer | undefined>;
  /** Ends all of it. */
  close(): Promise<void>;
}

/** In this process. */
export class ServiceHere implements ServiceProcess {
  readonly #server: ServiceServer;

  /** @param read where the status port asks */
  constructor(observe: Observe, read: Desk['read']) {
    this.#server = new ServiceServer(observe, read);
  }

  async keep(order: StandingOrder, descriptors: readonly number[]): Promise<void> {
    await this.#server.begin(order, descriptors.map(duplicated));
  }

  async ask(question: ServiceQuestion): Promise<ServiceAnswer> {
    return this.#server.answer(question);
  }

  async close(): Promise<void> {
    this.#server.close();
  }
}

function duplicated(fd: number): number {
  const copy = duplicate(fd);
  if (copy < 0) throw systemError('dup', -copy);
  return copy;
}

/** The names that clients were told, as connections ask for them. */
export function namesToldBy(service: Pick<ServiceProcess, 'ask'>): NameMemory {
  return {
    nameFor: async (client, address) => nameIn(await service.ask({ kind: 'name-told', client, address })),
  };
}

function nameIn(answer: ServiceAnswer | undefined): RememberedName {
  return answer?.kind === 'name' ? answer.name : { kind: 'none' };
}
