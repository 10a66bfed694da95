/** What each process of the pool is there for: a worker in its slot, the service process, a reader; before that it is a spare. */
import type { GlobalConfig } from '../../../config/config.ts';
import type { ProcessName } from '../../../observe/daemon-events.ts';
import { newTicketMaster } from '../../../tls/engine/ticket-keys.ts';
import type { Role } from '../messages.ts';
import { libraryOf } from './places-of-pool.ts';
import type { WorkerProxy } from './worker-proxy.ts';
import type { SlotName } from './worker-set.ts';

export class RolesOfPool {
  readonly #global: GlobalConfig;
  /** One for all workers, so that each opens the tickets of the others. */
  readonly #ticketMaster = newTicketMaster();
  readonly #names = new WeakMap<WorkerProxy, ProcessName>();

  constructor(global: GlobalConfig) {
    this.#global = global;
  }

  /** @returns what the process is to be told */
  give(worker: WorkerProxy, name: SlotName): Role {
    this.#names.set(worker, name);
    if (name === 'service') return { kind: name };
    const asksForNames = this.#global.dnsListen !== undefined;
    return { kind: 'worker', slot: name, ticketMaster: this.#ticketMaster, asksForNames, library: libraryOf(this.#global) };
  }

  giveReader(worker: WorkerProxy): void {
    this.#names.set(worker, 'reader');
  }

  /** undefined: it is a spare. */
  of(worker: WorkerProxy): ProcessName | undefined {
    return this.#names.get(worker);
  }
}
