/** A listener whose clients are accepted by workers: the main thread owns its sockets, every worker listens on duplicates. */
import { listenOnEach } from '../../connection/accept/bind-failure.ts';
import { removeSocketFile } from '../../connection/accept/listener.ts';
import type { SharedBinding } from '../../connection/accept/shared-binding.ts';
import type { Service } from '../../connection/record.ts';
import type { Observe } from '../../observe/events.ts';
import type { Served, ServiceListener } from '../engine.ts';
import type { Order, ServiceReference } from './messages.ts';

/** A service as the main thread knows it; the workers have the rest. */
export interface PooledService extends Served {
  readonly reference: ServiceReference;
  /** For what is not accepted from a socket: the main thread serves it. */
  readonly local: Service;
}

/** What a listener needs of its pool. */
export interface Crew {
  readonly observe: Observe;
  /** Gives every worker its order and waits. @throws OvercoatError when one could not carry it out */
  everyone(order: (slot: number) => Order): Promise<void>;
  /** From here on also workers that come later listen. */
  joined(listener: PooledListener): void;
  left(listener: PooledListener): void;
}

export class PooledListener implements ServiceListener {
  readonly id: number;
  readonly #crew: Crew;
  #bindings: readonly SharedBinding[];
  #service: PooledService;

  constructor(id: number, service: PooledService, bindings: readonly SharedBinding[], crew: Crew) {
    this.id = id;
    this.#service = service;
    this.#bindings = bindings;
    this.#crew = crew;
  }

  get addresses(): readonly string[] {
    return this.#bindings.map(({ text }) => text);
  }

  get generation(): number {
    return this.#service.reference.generation;
  }

  async start(): Promise<void> {
    const { config } = this.#service;
    await listenOnEach(this.#bindings, config, {
      observe: this.#crew.observe,
      listen: (binding) => binding.listen(),
      giveUp: (binding) => this.#giveBack(binding),
    });
    this.#crew.joined(this);
    await this.#crew.everyone((slot) => this.listenOrder(slot));
    for (const { text } of this.#bindings) this.#crew.observe({ kind: 'service-bound', address: text }, { id: 'ui', service: config });
  }

  /** With fresh duplicates for the worker of this slot. */
  listenOrder(slot: number): Order {
    const sockets = this.#bindings.map((binding) => ({ fd: binding.descriptorFor(slot), text: binding.text, port: binding.port }));
    return { kind: 'listen', listener: this.id, service: this.#service.reference, sockets };
  }

  async replaceService(service: PooledService): Promise<void> {
    this.#service = service;
    await this.#crew.everyone(() => ({ kind: 'replace', listener: this.id, service: service.reference }));
  }

  async close(): Promise<void> {
    this.#crew.left(this);
    await this.#crew.everyone(() => ({ kind: 'close', listener: this.id }));
    for (const binding of this.#bindings) this.#giveBack(binding);
  }

  #giveBack(binding: SharedBinding): void {
    this.#bindings = this.#bindings.filter((other) => other !== binding);
    binding.close();
    if (binding.path !== undefined) removeSocketFile(binding.path);
  }
}
