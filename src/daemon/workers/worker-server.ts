/** What one worker serves: the services it was given, the listeners it accepts from, the connections it has. */
import type { ServiceConfig } from '../../config/config.ts';
import { ConnectionTable } from '../../connection/accept/connection-table.ts';
import type { ListenerContext } from '../../connection/accept/listener.ts';
import { Listener } from '../../connection/accept/listener.ts';
import { MadeListener } from '../../connection/accept/made-listener.ts';
import { SharedCount } from '../../connection/accept/shared-count.ts';
import { DialledSockets } from '../../connection/dial/dialled-sockets.ts';
import { OwnPorts } from '../../connection/dial/own-ports.ts';
import type { Service } from '../../connection/record.ts';
import { OvercoatError } from '../../errors.ts';
import { returnFreeMemory } from '../../linux/free-memory.ts';
import { forbidNewPrivileges, libcAvailable } from '../../linux/libc.ts';
import { createNameResources } from '../../names/resources.ts';
import type { Observe } from '../../observe/events.ts';
import { fanOut, observer, wantedBy } from '../../observe/observers.ts';
import { replayingFiles } from '../../start-files.ts';
import { keepHeapSmall } from '../heap-keeper.ts';
import { adoptTargets, loadServices } from '../services.ts';
import type { MainProxy } from './main-proxy.ts';
import type { Answer, Generation, HandedSocket, Order, ServiceReference, StartRecord } from './messages.ts';

const SILENT = fanOut([]);

export class WorkerServer {
  readonly #main: MainProxy;
  readonly #ticketMaster: Uint8Array;
  readonly #table: ConnectionTable;
  readonly #context: ListenerContext;
  readonly #generations = new Map<number, readonly Service[]>();
  readonly #listeners = new Map<number, Listener>();

  constructor(main: MainProxy, record: StartRecord) {
    this.#main = main;
    this.#ticketMaster = record.ticketMaster;
    this.#table = new ConnectionTable(new SharedCount(record.counts, record.place));
    keepHeapSmall(this.#table, returnFreeMemory);
    const names = createNameResources(record.asksForNames ? main.names : undefined);
    const ownPorts = new OwnPorts(new DialledSockets(record.loops));
    this.#context = { observe: withoutBound(main.observe), connections: this.#table, ownPorts, names };
  }

  /** Never rejects. */
  async carryOut(order: Order): Promise<Answer> {
    try {
      return (await this.#carryOut(order)) ?? { kind: 'done' };
    } catch (cause) {
      const code = cause instanceof OvercoatError ? cause.code : 'internal';
      return { kind: 'failed', code, text: cause instanceof Error ? cause.message : String(cause) };
    }
  }

  /** This thread is about to end: whoever waits is left to the next one, and a cut stream must not look like a whole one. */
  cutOff(): void {
    // The runtime goes on accepting for a moment, without anybody to tell.
    for (const listener of this.#listeners.values()) void listener.close();
    const lost = this.#table.size;
    this.#table.closeAll({ kind: 'shutdown' });
    this.#table.count.own = lost; // for the one who looks at what this worker had
  }

  async #carryOut(order: Order): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'prepare':
        this.#prepare(order.generation);
        return undefined;
      case 'forget':
        for (const number of order.generations) this.#generations.delete(number);
        return undefined;
      case 'listen':
        await this.#listen(order.listener, this.#find(order.service), order.sockets);
        return undefined;
      case 'replace':
        await this.#listeners.get(order.listener)?.replaceService(this.#find(order.service));
        return undefined;
      case 'close':
        await this.#listeners.get(order.listener)?.close();
        this.#listeners.delete(order.listener);
        return undefined;
      case 'list':
        return { kind: 'listed', connections: this.#table.list() };
      case 'when-empty':
        await this.#table.empty();
        return undefined;
      case 'close-all':
        this.#table.closeAll(order.reason);
        return undefined;
      case 'forbid-new-privileges':
        if (libcAvailable()) forbidNewPrivileges();
        return undefined;
      case 'flush':
        return undefined;
    }
  }

  /** The main thread has said already what there is to say about them. */
  #prepare({ number, services: configs, files, passphrases, targets }: Generation): void {
    const options = {
      ask: (keyFile: string) => passphrases.get(keyFile),
      observe: SILENT,
      strict: false, // it was asked there
      ticketMaster: this.#ticketMaster,
      keepSessions: this.#main.keepSessions,
    };
    const services = replayingFiles(files, () => loadServices(configs as readonly ServiceConfig[], options));
    adoptTargets(services, targets);
    this.#generations.set(number, services);
  }

  #find({ generation, index }: ServiceReference): Service {
    const service = this.#generations.get(generation)?.[index];
    if (service === undefined) throw new OvercoatError('internal', `service ${index} of configuration ${generation} was never prepared`);
    return service;
  }

  async #listen(id: number, service: Service, sockets: readonly HandedSocket[]): Promise<void> {
    const bindings = sockets.map(({ fd, text, port }) => ({
      bound: new MadeListener(fd),
      text,
      port,
      path: undefined,
      release: () => undefined,
    }));
    const listener = new Listener(service, bindings, this.#context);
    this.#listeners.set(id, listener);
    await listener.start();
  }
}

/** The main thread says once what is bound. */
function withoutBound(observe: Observe): Observe {
  return observer(
    (event, context) => {
      if (event.kind !== 'service-bound') observe(event, context);
    },
    (kind, context) => kind !== 'service-bound' && wantedBy(observe, kind, context),
  );
}
