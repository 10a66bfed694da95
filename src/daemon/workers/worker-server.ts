/** What one worker serves: the services it was given, the listeners it accepts from, the connections it has. */
import type { Binding } from '../../connection/accept/binding.ts';
import { ConnectionTable } from '../../connection/accept/connection-table.ts';
import type { ListenerContext } from '../../connection/accept/listener.ts';
import { Listener } from '../../connection/accept/listener.ts';
import { SharedCount } from '../../connection/accept/shared-count.ts';
import { SourceTable } from '../../connection/access/source-table.ts';
import { Sources } from '../../connection/access/sources.ts';
import { DialledSockets } from '../../connection/dial/dialled-sockets.ts';
import { OwnPorts } from '../../connection/dial/own-ports.ts';
import { lookups } from '../../connection/dial/targets.ts';
import type { Service } from '../../connection/record.ts';
import { OvercoatError } from '../../errors.ts';
import { returnFreeMemory } from '../../linux/process/free-memory.ts';
import { createNameResources } from '../../names/resources.ts';
import type { Observe } from '../../observe/events.ts';
import { fanOut, observer, wantedBy } from '../../observe/observers.ts';
import { BoundSocket } from '../../sockets/bound-socket.ts';
import { drain } from '../drain.ts';
import { keepHeapSmall } from '../heap-keeper.ts';
import { ProgramClients } from '../program-clients.ts';
import { freeFormerServices } from '../reload/former-services.ts';
import { adoptTargets, loadFrom } from '../services.ts';
import type { Answer, Generation, HandedSocket, Role, ServiceReference, WorkerOrder } from './messages.ts';
import type { ProcessRole } from './process-role.ts';
import type { SharedState } from './shared-state.ts';
import type { SupervisorProxy } from './supervisor-proxy.ts';

const SILENT = fanOut([]);

export interface WorkerSurroundings {
  readonly supervisor: SupervisorProxy;
  readonly shared: SharedState;
  /** Of this process in the shared memory, and how many there are. */
  readonly place: number;
  readonly places: number;
}

export class WorkerServer implements ProcessRole<WorkerOrder> {
  readonly #supervisor: SupervisorProxy;
  readonly #ticketMaster: Uint8Array;
  readonly #table: ConnectionTable;
  readonly #context: ListenerContext;
  readonly #generations = new Map<number, readonly Service[]>();
  readonly #listeners = new Map<number, Listener>();
  readonly #programs: ProgramClients;

  constructor(role: Extract<Role, { readonly kind: 'worker' }>, { supervisor, shared, place, places }: WorkerSurroundings) {
    this.#supervisor = supervisor;
    this.#ticketMaster = role.ticketMaster;
    this.#table = new ConnectionTable(new SharedCount(shared.counts, place));
    keepHeapSmall(this.#table, returnFreeMemory);
    const names = createNameResources(role.asksForNames ? supervisor.names : undefined);
    const ownPorts = new OwnPorts(new DialledSockets(shared.dialled, place));
    const sources = new Sources(new SourceTable(shared.sources, place, places));
    this.#context = { observe: withoutBound(supervisor.observe), connections: this.#table, ownPorts, names, sources };
    this.#programs = new ProgramClients(this.#context);
  }

  /** This worker is about to end: whoever waits is left to the next one, and a cut stream must not look like a whole one. */
  cutOff(): void {
    this.#stopAccepting(); // the runtime goes on for a moment, without anybody to tell
    const lost = this.#table.size;
    this.#table.closeAll({ kind: 'shutdown' });
    this.#table.count.own = lost; // for the one who looks at what this worker had
  }

  /** The supervisor has died: its addresses are given back at once, and connections may finish, but not for ever. */
  async drain(limitMs: number): Promise<void> {
    this.#stopAccepting();
    this.#programs.close();
    await drain(this.#table, limitMs, new AbortController().signal, SILENT);
  }

  #stopAccepting(): void {
    for (const listener of this.#listeners.values()) void listener.close();
    this.#listeners.clear();
  }

  async carryOut(order: WorkerOrder, descriptors: readonly number[]): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'prepare':
        this.#prepare(order.generation);
        return undefined;
      case 'forget':
        for (const number of order.generations) this.#generations.delete(number);
        if (order.generations.length > 0) freeFormerServices();
        return undefined;
      case 'listen':
        await this.#listen(order, descriptors);
        return undefined;
      case 'replace':
        await this.#listeners.get(order.listener)?.replaceService(this.#find(order.service));
        return undefined;
      case 'close':
        await this.#listeners.get(order.listener)?.close();
        this.#listeners.delete(order.listener);
        return undefined;
      case 'find-addresses':
        return { kind: 'found', result: await lookups.find(order.host) };
      case 'list':
        return { kind: 'listed', connections: this.#table.list() };
      case 'when-empty':
        await this.#table.empty();
        return undefined;
      case 'close-one':
        return { kind: 'closed-one', found: this.#table.close(order.connection, { kind: 'ordered' }) };
      case 'close-all':
        this.#table.closeAll(order.reason);
        return undefined;
      case 'run-programs':
        this.#programs.replace(order.services.map((service) => this.#find(service)));
        return undefined;
      case 'stop-programs':
        this.#programs.close();
        return undefined;
    }
  }

  /** The supervisor has said already what there is to say about them. */
  #prepare({ number, services: prepared, passphrases }: Generation): void {
    const options = {
      ask: (keyFile: string) => passphrases.get(keyFile),
      observe: SILENT,
      strict: false, // it was asked there
      ticketMaster: this.#ticketMaster,
      keepSessions: this.#supervisor.keepSessions,
      openKeyLog: this.#supervisor.openKeyLog,
    };
    const services = loadFrom(prepared, options, 'nothing');
    adoptTargets(
      services,
      prepared.flatMap(({ targets }) => targets),
    );
    this.#generations.set(number, services);
  }

  #find({ generation, index }: ServiceReference): Service {
    const service = this.#generations.get(generation)?.[index];
    if (service === undefined) throw new OvercoatError('internal', `service ${index} of configuration ${generation} was never prepared`);
    return service;
  }

  async #listen({ listener: id, service, sockets }: ListenOrder, descriptors: readonly number[]): Promise<void> {
    const listener = new Listener(
      this.#find(service),
      sockets.map((socket, index) => bindingOf(socket, descriptors[index] as number)),
      this.#context,
    );
    this.#listeners.set(id, listener);
    await listener.start();
  }
}

type ListenOrder = Extract<WorkerOrder, { readonly kind: 'listen' }>;

function bindingOf({ text, port }: HandedSocket, fd: number): Binding {
  return { bound: new BoundSocket(fd), inherited: true, text, port, path: undefined, release: () => undefined };
}

/** The supervisor says once what is bound. */
function withoutBound(observe: Observe): Observe {
  return observer(
    (event, context) => {
      if (event.kind !== 'service-bound') observe(event, context);
    },
    (kind, context) => kind !== 'service-bound' && wantedBy(observe, kind, context),
  );
}
