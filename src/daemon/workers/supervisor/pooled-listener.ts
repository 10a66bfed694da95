/** A listener whose clients are accepted by workers: the supervisor owns its sockets, every worker accepts from duplicates. */
import { listenOnEach } from '../../../connection/accept/bind-failure.ts';
import { removeSocketFile } from '../../../connection/accept/listener.ts';
import type { SharedBinding } from '../../../connection/accept/shared-binding.ts';
import type { Observe } from '../../../observe/events.ts';
import type { PassedSocket } from '../../../sockets/passed-socket.ts';
import type { Served, ServiceListener } from '../../engine.ts';
import type { ServiceReference } from '../messages.ts';
import { withinLimit } from './time-limits.ts';
import type { OrderWithDescriptors } from './worker-proxy.ts';

/** A service as the supervisor knows it; the workers have the rest. */
export interface PooledService extends Served {
  readonly reference: ServiceReference;
}

/** What a listener needs of its pool. */
export interface ListenerPool {
  readonly observe: Observe;
  /** Gives every worker its order and waits. @throws OvercoatError when one could not carry it out */
  broadcast(order: (slot: number) => OrderWithDescriptors): Promise<void>;
  /** From here on also workers that come later listen. */
  add(listener: PooledListener): void;
  remove(listener: PooledListener): void;
}

export class PooledListener implements ServiceListener {
  readonly id: number;
  readonly #pool: ListenerPool;
  #bindings: readonly SharedBinding[];
  #service: PooledService;

  constructor(id: number, service: PooledService, bindings: readonly SharedBinding[], pool: ListenerPool) {
    this.id = id;
    this.#service = service;
    this.#bindings = bindings;
    this.#pool = pool;
  }

  get addresses(): readonly string[] {
    return this.#bindings.map(({ text }) => text);
  }

  get sockets(): readonly PassedSocket[] {
    return this.#bindings.map(({ text, port, path, descriptors }) => ({ text, port, path, descriptors }));
  }

  get generation(): number {
    return this.#service.reference.generation;
  }

  async start(): Promise<void> {
    const { config } = this.#service;
    await listenOnEach(this.#bindings, config, {
      observe: this.#pool.observe,
      listen: (binding) => binding.listen(),
      giveUp: (binding) => this.#giveBack(binding),
    });
    this.#pool.add(this);
    await this.#pool.broadcast((slot) => this.listenOrder(slot));
    for (const { text } of this.#bindings) this.#pool.observe({ kind: 'service-bound', address: text }, { id: 'ui', service: config });
  }

  /** With its sockets for the worker of this slot. */
  listenOrder(slot: number): OrderWithDescriptors {
    const theirs = this.#bindings.flatMap((binding) =>
      binding.descriptorsFor(slot).map((fd) => ({ text: binding.text, port: binding.port, fd })),
    );
    const sockets = theirs.map(({ text, port }) => ({ text, port }));
    const order = { kind: 'listen', listener: this.id, service: this.#service.reference, sockets } as const;
    return { order, descriptors: theirs.map(({ fd }) => fd) };
  }

  async replaceService(service: PooledService): Promise<void> {
    this.#service = service;
    await this.#pool.broadcast(() => ({ order: { kind: 'replace', listener: this.id, service: service.reference } }));
  }

  async close(passed = false): Promise<void> {
    this.#pool.remove(this);
    await withinLimit(this.#pool.broadcast(() => ({ order: { kind: 'close', listener: this.id } })));
    for (const binding of this.#bindings) this.#giveBack(binding, passed);
  }

  #giveBack(binding: SharedBinding, passed = false): void {
    this.#bindings = this.#bindings.filter((other) => other !== binding);
    binding.close();
    if (binding.path !== undefined && !passed) removeSocketFile(binding.path);
  }
}
