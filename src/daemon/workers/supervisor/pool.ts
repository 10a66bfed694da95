/**
 * The engine of several workers. This process is their supervisor: it owns what there is one of (configuration, files and keys,
 * sockets, log, ticket secret, names learnt from DNS); the workers accept and serve.
 */
import type { Config, GlobalConfig, LogLevel } from '../../../config/config.ts';
import type { Binding } from '../../../connection/accept/binding.ts';
import { adopt } from '../../../connection/accept/binding.ts';
import { BoundAddresses } from '../../../connection/accept/bound-addresses.ts';
import type { BindContext } from '../../../connection/accept/listener.ts';
import { bindAddresses } from '../../../connection/accept/listener.ts';
import { SharedBinding } from '../../../connection/accept/shared-binding.ts';
import { SharedCount } from '../../../connection/accept/shared-count.ts';
import { OvercoatError } from '../../../errors.ts';
import type { Log } from '../../../observe/log.ts';
import type { PassedSocket } from '../../../sockets/passed-socket.ts';
import type { FilesRead } from '../../../start-files.ts';
import type { FencedBySelf, ProcessVitals } from '../../../status/control.ts';
import type { Desk } from '../../../status/desk.ts';
import { NO_DESK } from '../../../status/no-desk.ts';
import type { AskPassphrase } from '../../../tls/material/key-material.ts';
import type { Engine } from '../../engine.ts';
import type { Fence } from '../../fence/fence.ts';
import { givesUpRights } from '../../process/confine.ts';
import { vitals } from '../../process/vitals.ts';
import { namesToldBy } from '../../service-process/service-process.ts';
import { ReachedProcesses } from '../../watch/reached-processes.ts';
import type { Confinement, Order } from '../messages.ts';
import { FenceOfPool } from './fence-of-pool.ts';
import type { Loaded, RenewingPooled } from './generations-of-pool.ts';
import { GenerationsOfPool } from './generations-of-pool.ts';
import { ConnectionOwners, HeardEvents } from './heard/events.ts';
import { LookupsOfPool } from './lookups-of-pool.ts';
import { ConnectionsOfWorkers } from './open-connections.ts';
import { OrdersOfPool, refuseFailures } from './orders-of-pool.ts';
import type { Birth } from './places-of-pool.ts';
import { PlacesOfPool } from './places-of-pool.ts';
import { ServiceOfPool } from './pool-service.ts';
import type { ListenerPool, PooledService } from './pooled-listener.ts';
import { PooledListener } from './pooled-listener.ts';
import { ProgramsOfPool } from './programs-of-pool.ts';
import { ReaderOfPool } from './reader-of-pool.ts';
import { RepliesOfPool } from './replies-of-pool.ts';
import { RolesOfPool } from './roles-of-pool.ts';
import { whenKilled } from './time-limits.ts';
import type { OrderWithDescriptors, WorkerProxy } from './worker-proxy.ts';
import { WorkerSet } from './worker-set.ts';

/** Of a message of a process that a network reaches: the list of a million connections. */
const MOST_SAID_BYTES = 134_217_728;
/** Of a reader: all files that may be renewed. */
const MOST_READ_BYTES = 2_147_483_647;

export interface PoolOptions {
  readonly workers: number;
  readonly global: GlobalConfig;
  /** What workers are born behind; undefined: nothing. */
  readonly fence: Fence | undefined;
  readonly log: Log;
  /** Sockets bound before this process began, one an `accept` line in the order of the file. */
  readonly inherited: readonly number[];
}

export class WorkerPool implements Engine, ListenerPool {
  readonly connections: ConnectionsOfWorkers;
  readonly service: ServiceOfPool;
  readonly files: ReaderOfPool;
  readonly observe: Log['observe'];
  readonly reached = new ReachedProcesses();
  readonly #options: PoolOptions;
  readonly #places: PlacesOfPool;
  readonly #fence: FenceOfPool;
  readonly #workers: WorkerSet;
  readonly #lookups: LookupsOfPool;
  readonly #programs: ProgramsOfPool;
  readonly #generations: GenerationsOfPool;
  readonly #orders: OrdersOfPool;
  readonly #replies: RepliesOfPool;
  readonly #binding: BindContext;
  readonly #roles: RolesOfPool;
  readonly #owners = new ConnectionOwners();
  /** Of all services there have been. */
  readonly #names = new Set<string>();
  readonly #listeners = new Set<PooledListener>();
  #desk: Desk = NO_DESK;
  #current: readonly PooledService[] = [];
  #counter = 0;

  /** @throws NodeJS.ErrnoException when there is no memory to share, or no descriptor left */
  constructor(options: PoolOptions) {
    const { workers, global, fence, log, inherited } = options;
    const sealed = givesUpRights(global);
    this.#options = options;
    this.#roles = new RolesOfPool(global);
    this.#fence = new FenceOfPool(fence, {
      observe: log.observe,
      jailed: global.chroot !== undefined,
      renew: () => this.#workers.renew(),
    });
    this.observe = log.observe;
    this.#places = new PlacesOfPool(global, workers, fence !== undefined);
    this.configure(global);
    this.#workers = new WorkerSet({
      workers,
      spareAtOnce: sealed,
      jailed: global.chroot !== undefined,
      observe: this.observe,
      make: () => this.#makeProcess({ sealed, fence: this.#fence.now, mostBytes: MOST_SAID_BYTES }),
      roleOf: (name, worker) => this.#roles.give(worker, name),
      furnish: (worker, name) => this.#orders.furnish(worker, name),
      retire: (worker, name) => this.#orders.retire(worker, name),
      needed: (name) =>
        name === 'service' ? this.service.orders.length > 0 : this.#listeners.size > 0 || this.#programs.isAny || this.#lookups.isWaiting,
    });
    this.service = new ServiceOfPool(this.#workers);
    this.files = new ReaderOfPool({
      wanted: sealed,
      observe: this.observe,
      make: () => {
        const worker = this.#makeProcess({ sealed: false, fence: undefined, mostBytes: MOST_READ_BYTES }); // no byte of a network reaches it
        this.#roles.giveReader(worker);
        return worker;
      },
    });
    this.#lookups = new LookupsOfPool(this.#workers);
    this.#programs = new ProgramsOfPool(this.#workers);
    this.#generations = new GenerationsOfPool(this.observe, this.#lookups);
    this.#orders = new OrdersOfPool({
      service: this.service,
      generations: this.#generations,
      programs: this.#programs,
      listeners: this.#listeners,
    });
    const names = namesToldBy(this.service);
    this.#replies = new RepliesOfPool({
      observe: this.observe,
      generations: this.#generations,
      nameFor: (client, address) => names.nameFor(client, address),
      filesChanged: (files) => this.files.changed(files),
      readDesk: (question) => this.#desk.read(question),
      connectionLimit: () => this.connections.limit,
    });
    this.#binding = { observe: this.observe, bound: new BoundAddresses(), finder: this.#lookups, inherited: [...inherited] };
    this.connections = new ConnectionsOfWorkers(this.#workers, new SharedCount(this.#places.shared.counts));
  }

  get broken(): Promise<string> {
    return this.#workers.broken;
  }

  async prepare(config: Config, ask: AskPassphrase, known?: FilesRead): Promise<readonly PooledService[]> {
    const loaded = await this.#generations.load(config, ask, known);
    this.files.keepFor(loaded.services);
    await this.#fit(config.global, loaded);
    return this.#begin(loaded);
  }

  async renew(renewing: readonly RenewingPooled[], ask: AskPassphrase): Promise<readonly PooledService[]> {
    const loaded = this.#generations.loadAgain(renewing, ask);
    await this.#fit(this.#options.global, loaded);
    return this.#begin(loaded);
  }

  /** A renewed certificate may name another responder. */
  #fit(global: GlobalConfig, { services }: Loaded): Promise<void> {
    const staples = services.flatMap(({ tls }) => tls.stapleResponders);
    return this.#fence.fit({ global, services: services.map(({ config }) => config) }, staples);
  }

  /** From here on every worker knows these services, also one that comes later. */
  async #begin(loaded: Loaded): Promise<readonly PooledService[]> {
    for (const { config } of loaded.services) this.#names.add(config.name);
    const number = this.#nextNumber();
    const order = this.#generations.add(number, loaded);
    await this.broadcast(() => order);
    return loaded.services.map(({ config, tls, files }, index) => ({ config, tls, files, reference: { generation: number, index } }));
  }

  async bindService(service: PooledService, passed?: readonly PassedSocket[]): Promise<PooledListener> {
    const { config } = service;
    const addresses =
      passed?.map((socket) => adopt(socket, config, this.#binding.bound)) ??
      (await bindAddresses(config, this.#binding)).map((one) => [one]);
    const shared = addresses.map((bindings) => new SharedBinding(bindings as [Binding], this.#options.workers, config));
    return new PooledListener(this.#nextNumber(), service, shared, this);
  }

  async settle(): Promise<void> {
    const why = await this.#workers.settled();
    if (why !== undefined) throw new OvercoatError('start_process', `A worker could not start: ${why}`);
    await this.files.settled();
  }

  /** Workers that are made later are born with what this process is by then. */
  async confine({ chroot, setuid, setgid }: Confinement, mayGainPrivileges: boolean): Promise<void> {
    const order: Order = { kind: 'confine', global: { chroot, setuid, setgid }, mayGainPrivileges };
    refuseFailures(await Promise.all(this.#workers.everyone.map((worker) => worker.order({ order }))));
  }

  configure({ logLevel, drainMs }: GlobalConfig): void {
    this.#places.shared.settings.logLevel = logLevel;
    this.#places.shared.settings.drainMs = drainMs;
    this.#places.shared.settings.levelByHand = undefined;
  }

  setLogLevel(level: LogLevel | undefined): void {
    this.#places.shared.settings.levelByHand = level;
  }

  follow(desk: Desk): void {
    this.#desk = desk;
    this.#places.shared.settings.followed = true;
  }

  get fenced(): FencedBySelf {
    return this.#options.fence === undefined ? 'nothing' : 'workers';
  }

  get workers(): number {
    return [...this.#workers.all()].length;
  }

  async vitals(): Promise<readonly ProcessVitals[]> {
    const { service } = this.#workers;
    const workers = [...this.#workers.all()].map(([slot, worker]) => [`worker ${slot}`, worker] as const);
    const all = service === undefined ? workers : [...workers, ['service process', service] as const];
    const answers = await Promise.all(
      all.map(async ([name, worker]) => {
        const answer = await worker.order({ order: { kind: 'vitals' } });
        return answer.kind === 'vitals' ? [{ ...answer.vitals, process: name }] : [];
      }),
    );
    return [vitals('main'), ...answers.flat()];
  }

  switchedTo(services: readonly PooledService[]): void {
    this.#current = services;
    this.#programs.switchTo(services);
    this.#forgetUnused();
  }

  stopPrograms(): void {
    this.#programs.stop();
  }

  #forgetUnused(): void {
    const used = new Set([
      ...[...this.#listeners].map(({ generation }) => generation),
      ...this.#current.map((each) => each.reference.generation), // one that is drained may be resumed
    ]);
    const order = this.#generations.forgetOthers(used);
    void this.broadcast(() => order);
  }

  async close(): Promise<void> {
    const ready = this.#workers.everyone.filter((worker) => worker.isReady);
    await this.connections.ending.within(Promise.all(ready.map((worker) => worker.order({ order: { kind: 'flush' } }))));
    this.files.close();
    this.#fence.close();
    await whenKilled(this.#workers.close());
  }

  async broadcast(order: (slot: number) => OrderWithDescriptors): Promise<void> {
    refuseFailures(await Promise.all([...this.#workers.all()].map(([slot, worker]) => worker.order(order(slot)))));
  }

  add(listener: PooledListener): void {
    this.#listeners.add(listener);
    void this.#workers.fill();
  }

  remove(listener: PooledListener): void {
    this.#listeners.delete(listener);
  }

  #makeProcess(birth: Birth): WorkerProxy {
    const made = this.#places.make(birth, (worker) => {
      const asker = {
        role: () => this.#roles.of(worker()),
        isOver: () => worker().isOver,
        isBehind: () => worker().isBehind,
      };
      return {
        observe: this.observe,
        heard: new HeardEvents(this.#owners, this.#names),
        reply: (question) => this.#replies.replyTo(asker.role(), question),
        startProgram: (exec, facts) => this.#replies.startProgram(asker, exec, facts),
      };
    });
    if (made.pid !== undefined) this.reached.add(made.pid);
    return made;
  }

  #nextNumber(): number {
    this.#counter += 1;
    return this.#counter;
  }
}
