/** What one worker serves: the services it was given, the listeners it accepts from, the connections it has. */
import type { ServiceConfig } from '../../config/config.ts';
import type { Binding } from '../../connection/accept/binding.ts';
import { ConnectionTable } from '../../connection/accept/connection-table.ts';
import type { ListenerContext } from '../../connection/accept/listener.ts';
import { Listener } from '../../connection/accept/listener.ts';
import { SharedCount } from '../../connection/accept/shared-count.ts';
import { DialledSockets } from '../../connection/dial/dialled-sockets.ts';
import { OwnPorts } from '../../connection/dial/own-ports.ts';
import type { Service } from '../../connection/record.ts';
import { OvercoatError } from '../../errors.ts';
import { returnFreeMemory } from '../../linux/free-memory.ts';
import { nameProcess } from '../../linux/process-name.ts';
import { receiveDescriptors } from '../../linux/sockets/descriptor-passing.ts';
import { createNameResources } from '../../names/resources.ts';
import type { Observe } from '../../observe/events.ts';
import { fanOut, observer, wantedBy } from '../../observe/observers.ts';
import { BoundSocket } from '../../sockets/bound-socket.ts';
import { replayingFiles } from '../../start-files.ts';
import { drain } from '../drain.ts';
import { keepHeapSmall } from '../heap-keeper.ts';
import { enterJail } from '../process/jail.ts';
import { dropPrivileges } from '../process/privileges.ts';
import { vitals } from '../process/vitals.ts';
import { ProgramClients } from '../program-clients.ts';
import { adoptTargets, loadServices } from '../services.ts';
import type { Answer, Confinement, Generation, HandedSocket, Order, ServiceReference, StartRecord } from './messages.ts';
import type { SharedState } from './shared-state.ts';
import { INHERITED } from './spawn-worker.ts';
import type { SupervisorProxy } from './supervisor-proxy.ts';

const SILENT = fanOut([]);

export class WorkerServer {
  readonly #supervisor: SupervisorProxy;
  readonly #ticketMaster: Uint8Array;
  readonly #table: ConnectionTable;
  readonly #context: ListenerContext;
  readonly #generations = new Map<number, readonly Service[]>();
  readonly #listeners = new Map<number, Listener>();
  readonly #programs: ProgramClients;
  #name = 'worker (spare)';

  constructor(supervisor: SupervisorProxy, record: StartRecord, shared: SharedState) {
    this.#supervisor = supervisor;
    this.#ticketMaster = record.ticketMaster;
    this.#table = new ConnectionTable(new SharedCount(shared.counts, record.place));
    keepHeapSmall(this.#table, returnFreeMemory);
    const names = createNameResources(record.asksForNames ? supervisor.names : undefined);
    const ownPorts = new OwnPorts(new DialledSockets(shared.dialled, record.place));
    this.#context = { observe: withoutBound(supervisor.observe), connections: this.#table, ownPorts, names };
    this.#programs = new ProgramClients(this.#context);
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

  async #carryOut(order: Order): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'take-slot':
        this.#name = `worker ${order.slot}`;
        nameProcess(['worker', String(order.slot)]);
        return undefined;
      case 'prepare':
        this.#prepare(order.generation);
        return undefined;
      case 'forget':
        for (const number of order.generations) this.#generations.delete(number);
        return undefined;
      case 'listen':
        await this.#listen(order);
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
      case 'close-one':
        return { kind: 'closed-one', found: this.#table.close(order.connection, { kind: 'ordered' }) };
      case 'vitals':
        return { kind: 'vitals', vitals: vitals(this.#name) };
      case 'close-all':
        this.#table.closeAll(order.reason);
        return undefined;
      case 'confine':
        await confine(order.global, order.mayGainPrivileges);
        return undefined;
      case 'run-programs':
        this.#programs.replace(order.services.map((service) => this.#find(service)));
        return undefined;
      case 'stop-programs':
        this.#programs.close();
        return undefined;
      case 'flush':
        return undefined;
    }
  }

  /** The supervisor has said already what there is to say about them. */
  #prepare({ number, services: configs, files, passphrases, targets }: Generation): void {
    const options = {
      ask: (keyFile: string) => passphrases.get(keyFile),
      observe: SILENT,
      strict: false, // it was asked there
      ticketMaster: this.#ticketMaster,
      keepSessions: this.#supervisor.keepSessions,
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

  /** The descriptors are received whatever follows: each message of them belongs to one order. */
  async #listen({ listener: id, service, sockets }: ListenOrder): Promise<void> {
    const descriptors = receiveDescriptors(INHERITED.descriptors, sockets.length);
    const listener = new Listener(
      this.#find(service),
      sockets.map((socket, index) => bindingOf(socket, descriptors[index] as number)),
      this.#context,
    );
    this.#listeners.set(id, listener);
    await listener.start();
  }
}

type ListenOrder = Extract<Order, { readonly kind: 'listen' }>;

function bindingOf({ text, port }: HandedSocket, fd: number): Binding {
  return { bound: new BoundSocket(fd), inherited: true, text, port, path: undefined, release: () => undefined };
}

/** The supervisor has done the same to itself, and has said what there is to say about it. */
async function confine({ chroot, setuid, setgid }: Confinement, mayGainPrivileges: boolean): Promise<void> {
  if (chroot !== undefined) enterJail(chroot);
  await dropPrivileges({ setuid, setgid }, mayGainPrivileges);
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
