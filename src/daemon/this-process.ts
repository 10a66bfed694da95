/** The engine of one worker: connections run in this process, and no other is made. */
import type { Config } from '../config/config.ts';
import { BoundAddresses } from '../connection/accept/bound-addresses.ts';
import { ConnectionTable } from '../connection/accept/connection-table.ts';
import type { BindContext, ListenerContext } from '../connection/accept/listener.ts';
import { bindService } from '../connection/accept/listener.ts';
import { Sources } from '../connection/access/sources.ts';
import { OwnPorts } from '../connection/dial/own-ports.ts';
import type { Service } from '../connection/record.ts';
import { returnFreeMemory } from '../linux/process/free-memory.ts';
import { createNameResources } from '../names/resources.ts';
import type { CloseReason, Observe } from '../observe/events.ts';
import { fanOut } from '../observe/observers.ts';
import type { PassedSocket } from '../sockets/passed-socket.ts';
import type { FilesRead } from '../start-files.ts';
import type { FencedBySelf, ProcessVitals } from '../status/control.ts';
import type { Desk } from '../status/desk.ts';
import { NO_DESK } from '../status/no-desk.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import type { Engine, OpenConnections, ServiceListener } from './engine.ts';
import { keepHeapSmall } from './heap-keeper.ts';
import { vitals } from './process/vitals.ts';
import { ProgramClients } from './program-clients.ts';
import { FilesWatchedHere } from './renewal/watched-files.ts';
import type { ServiceProcess } from './service-process/service-process.ts';
import { namesToldBy, ServiceHere } from './service-process/service-process.ts';
import { adoptTargets, foundTargets, keyLogsHere, loadFrom, prepareServices } from './services.ts';
import { ReachedProcesses } from './watch/reached-processes.ts';

/** Whoever has services made again says what there is to say. */
const SILENT = fanOut([]);

export interface ThisProcessOptions {
  readonly observe: Observe;
  /** Clients are told names by our DNS forwarder. */
  readonly asksForNames: boolean;
  /** Sockets bound before this process began, one an `accept` line in the order of the file. */
  readonly inherited: readonly number[];
  /** It has put a fence around itself. */
  readonly fenced: boolean;
}

export class ThisProcess implements Engine {
  readonly connections: OpenConnections;
  readonly service: ServiceProcess;
  readonly files = new FilesWatchedHere();
  readonly broken = new Promise<string>(() => undefined);
  readonly reached = new ReachedProcesses();
  readonly fenced: FencedBySelf;
  readonly #context: ListenerContext;
  readonly #binding: BindContext;
  readonly #programs: ProgramClients;
  #desk: Desk = NO_DESK;

  constructor({ observe, asksForNames, inherited, fenced }: ThisProcessOptions) {
    this.fenced = fenced ? 'itself' : 'nothing';
    const table = new ConnectionTable();
    keepHeapSmall(table, returnFreeMemory);
    this.service = new ServiceHere(observe, (question) => this.#desk.read(question));
    const names = createNameResources(asksForNames ? namesToldBy(this.service) : undefined);
    this.#context = { observe, connections: table, ownPorts: new OwnPorts(), names, sources: new Sources() };
    this.#binding = { observe, bound: new BoundAddresses(), inherited: [...inherited] };
    this.#programs = new ProgramClients(this.#context);
    this.connections = new OpenHere(table);
    this.reached.add(process.pid);
  }

  prepare(config: Config, ask: AskPassphrase, known?: FilesRead): Promise<readonly Service[]> {
    return prepareServices(config, ask, this.#context.observe, known);
  }

  async renew(renewing: readonly RenewingHere[], ask: AskPassphrase): Promise<readonly Service[]> {
    const orders = renewing.map(({ service: { config }, files }) => ({ config, files }));
    const openKeyLog = keyLogsHere(this.#context.observe);
    const services = loadFrom(orders, { ask, observe: SILENT, strict: false, openKeyLog }, 'disk');
    adoptTargets(services, foundTargets(renewing.map(({ service }) => service)));
    return services;
  }

  bindService(service: Service, passed?: readonly PassedSocket[]): Promise<ServiceListener> {
    return bindService(service, this.#binding, { ...this.#context, passed });
  }

  async settle(): Promise<void> {}
  async confine(): Promise<void> {}
  configure(): void {}
  setLogLevel(): void {}

  follow(desk: Desk): void {
    this.#desk = desk;
  }

  readonly workers = 1;

  async vitals(): Promise<readonly ProcessVitals[]> {
    return [vitals('main')];
  }

  switchedTo(services: readonly Service[]): void {
    this.#programs.replace(services);
  }

  stopPrograms(): void {
    this.#programs.close();
  }

  async close(): Promise<void> {
    this.files.close();
    await this.service.close();
  }
}

interface RenewingHere {
  readonly service: Service;
  readonly files: FilesRead;
}

class OpenHere implements OpenConnections {
  readonly #table: ConnectionTable;

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#table.size;
  }

  get limit(): number | undefined {
    return this.#table.count.limit;
  }

  set limit(limit: number | undefined) {
    this.#table.count.limit = limit;
  }

  async list(): ReturnType<OpenConnections['list']> {
    return this.#table.list();
  }

  empty(): Promise<void> {
    return this.#table.empty();
  }

  async closeAll(reason: CloseReason): Promise<void> {
    this.#table.closeAll(reason);
  }

  async end(connection: number): Promise<boolean> {
    return this.#table.close(connection, { kind: 'ordered' });
  }
}
