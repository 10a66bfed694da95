/**
 * The engine of several workers. This process is their supervisor: it owns what there is one of (configuration, files and keys,
 * sockets, log, ticket secret, names learnt from DNS); the workers accept and serve. What a worker was given is kept here, so that
 * the next one can be given the same.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config, ExecConfig, GlobalConfig, LogLevel } from '../../../config/config.ts';
import type { Binding } from '../../../connection/accept/binding.ts';
import { adopt } from '../../../connection/accept/binding.ts';
import { BoundAddresses } from '../../../connection/accept/bound-addresses.ts';
import type { BindContext } from '../../../connection/accept/listener.ts';
import { bindAddresses } from '../../../connection/accept/listener.ts';
import { SharedBinding } from '../../../connection/accept/shared-binding.ts';
import { SharedCount } from '../../../connection/accept/shared-count.ts';
import { SourceTable } from '../../../connection/access/source-table.ts';
import { DialledSockets } from '../../../connection/dial/dialled-sockets.ts';
import type { AddressFinder, LookupResult } from '../../../connection/dial/name-lookup.ts';
import { clientIsProgram } from '../../../connection/dial/program-leg.ts';
import type { Service } from '../../../connection/record.ts';
import { OvercoatError } from '../../../errors.ts';
import type { SharedMemory } from '../../../linux/shared-memory.ts';
import { createSharedMemory } from '../../../linux/shared-memory.ts';
import type { NameMemory } from '../../../names/dns/memory.ts';
import type { ProcessName } from '../../../observe/daemon-events.ts';
import type { Log } from '../../../observe/log.ts';
import { fanOut } from '../../../observe/observers.ts';
import type { ProgramFacts } from '../../../programs/environment.ts';
import type { SpawnedProgram } from '../../../programs/program.ts';
import { startHere } from '../../../programs/starter.ts';
import type { PassedSocket } from '../../../sockets/passed-socket.ts';
import type { FilesRead } from '../../../start-files.ts';
import type { ProcessVitals } from '../../../status/control.ts';
import type { Desk } from '../../../status/desk.ts';
import { NO_DESK } from '../../../status/no-desk.ts';
import { systemError } from '../../../text/system-error.ts';
import type { KeepSessions } from '../../../tls/engine/server-session-cache.ts';
import { keepSessionsHere } from '../../../tls/engine/server-session-cache.ts';
import { newTicketMaster } from '../../../tls/engine/ticket-keys.ts';
import type { KeyLog, OpenKeyLog } from '../../../tls/material/key-log.ts';
import { isLine } from '../../../tls/material/key-log.ts';
import type { AskPassphrase } from '../../../tls/material/key-material.ts';
import type { LibraryConfig } from '../../../tls/material/providers.ts';
import type { Engine, OpenConnections } from '../../engine.ts';
import type { Fence } from '../../fence/fence.ts';
import { rememberPassphrases } from '../../process/passphrases.ts';
import { vitals } from '../../process/vitals.ts';
import type { WatchedFiles } from '../../renewal/watched-files.ts';
import type { ServiceProcess } from '../../service-process/service-process.ts';
import { namesToldBy } from '../../service-process/service-process.ts';
import {
  adoptTargets,
  filesOf,
  foundTargets,
  keyLogsHere,
  loadFrom,
  loadServices,
  reportFlaws,
  resolveServices,
  servicesOf,
} from '../../services.ts';
import type { Confinement, Generation, Order, Question, Reply, Role } from '../messages.ts';
import { mayAsk } from '../rights.ts';
import { SessionCaches } from '../session-caches.ts';
import type { SharedState } from '../shared-state.ts';
import { sharedState, sharedStateBytes } from '../shared-state.ts';
import { FenceOfPool } from './fence-of-pool.ts';
import { ConnectionsOfWorkers, withinLimit } from './open-connections.ts';
import { ServiceOfPool } from './pool-service.ts';
import type { ListenerPool, PooledService } from './pooled-listener.ts';
import { PooledListener } from './pooled-listener.ts';
import { ReaderOfPool } from './reader-of-pool.ts';
import { spawnWorker } from './spawn-worker.ts';
import type { AnswerOrGone, OrderWithDescriptors } from './worker-proxy.ts';
import { WorkerProxy } from './worker-proxy.ts';
import { WorkerSet } from './worker-set.ts';

export interface PoolOptions {
  readonly workers: number;
  readonly global: GlobalConfig;
  /** What workers are born behind; undefined: nothing. */
  readonly fence: Fence | undefined;
  readonly log: Log;
  /** Sockets bound before this process began, one an `accept` line in the order of the file. */
  readonly inherited: readonly number[];
}

const EPERM = 1;

const MAIN = { id: 'main', service: undefined } as const;

/** Whoever has services made again says what there is to say. */
const SILENT = fanOut([]);

/** Behind fences that are replaced: so many workers for each, most of them former ones with long connections. More must wait. */
const FENCED_TIMES = 8;

/** Programs that are clients belong to this one. */
const PROGRAMS_SLOT = 1;

export class WorkerPool implements AddressFinder, Engine, ListenerPool {
  readonly connections: OpenConnections;
  readonly service: ServiceProcess;
  readonly files: WatchedFiles;
  readonly observe: Log['observe'];
  readonly #options: PoolOptions;
  readonly #workers: WorkerSet;
  readonly #service: ServiceOfPool;
  readonly #reader: ReaderOfPool;
  readonly #names: NameMemory;
  readonly #ticketMaster = newTicketMaster();
  readonly #fence: FenceOfPool;
  readonly #memory: SharedMemory;
  readonly #shared: SharedState;
  readonly #dialled: DialledSockets;
  readonly #sources: SourceTable;
  readonly #binding: BindContext;
  readonly #sessions = new SessionCaches();
  /** By the path that a service of some configuration names. */
  readonly #keyLogs = new Map<string, KeyLog>();
  readonly #roles = new WeakMap<WorkerProxy, ProcessName>();
  readonly #generations = new Map<number, Generation>();
  readonly #listeners = new Set<PooledListener>();
  #desk: Desk = NO_DESK;
  #current: readonly PooledService[] = [];
  #programs: readonly PooledService[] = [];
  /** No worker could be told of them yet: the next one in their slot starts them all. */
  #programsWait = false;
  /** Of the shared memory: which are taken. */
  readonly #places: boolean[];
  #counter = 0;
  /** Names that wait for a worker to be looked up. */
  #lookups = 0;

  /** @throws NodeJS.ErrnoException when there is no memory to share, or no descriptor left */
  constructor(options: PoolOptions) {
    this.#options = options;
    this.#fence = new FenceOfPool(options.fence, {
      observe: options.log.observe,
      jailed: options.global.chroot !== undefined,
      renew: () => this.#workers.renew(),
    });
    this.observe = options.log.observe;
    // The workers and the service process, as many that are just ending, the spare, and the reader; behind a fence also former ones.
    const times = options.fence === undefined ? 2 : FENCED_TIMES;
    this.#places = Array.from({ length: times * (options.workers + 1) + 2 }, () => false);
    this.#memory = createSharedMemory('overcoat', sharedStateBytes(this.#places.length));
    this.#shared = sharedState(this.#memory.buffer, this.#places.length);
    this.#dialled = new DialledSockets(this.#shared.dialled);
    this.#sources = new SourceTable(this.#shared.sources, 0, this.#places.length);
    this.configure(options.global);
    this.#binding = { observe: options.log.observe, bound: new BoundAddresses(), finder: this, inherited: [...options.inherited] };
    this.#workers = new WorkerSet({
      workers: options.workers,
      spareAtOnce: isSealed(options.global),
      observe: this.observe,
      make: () => this.#makeWorker(isSealed(options.global), this.#fence.now),
      roleOf: (name, worker) => {
        this.#roles.set(worker, name);
        return this.#roleOf(name);
      },
      furnish: (worker, name) => this.#furnish(worker, name),
      retire: (worker, name) => this.#retire(worker, name),
      needed: (name) =>
        name === 'service' ? this.#service.orders.length > 0 : this.#listeners.size > 0 || this.#programs.length > 0 || this.#lookups > 0,
    });
    this.#service = new ServiceOfPool(this.#workers);
    this.service = this.#service;
    this.#reader = new ReaderOfPool({
      wanted: isSealed(options.global),
      observe: this.observe,
      make: () => {
        const worker = this.#makeWorker(false, undefined); // no byte of a network reaches it
        this.#roles.set(worker, 'reader');
        return worker;
      },
    });
    this.files = this.#reader;
    this.#names = namesToldBy(this.#service);
    this.connections = new ConnectionsOfWorkers(this.#workers, new SharedCount(this.#shared.counts));
  }

  get broken(): Promise<string> {
    return this.#workers.broken;
  }

  /** Everything is prepared in this process too: what is wrong with it is found here, once. */
  async prepare(config: Config, ask: AskPassphrase, known?: FilesRead): Promise<readonly PooledService[]> {
    const passphrases = rememberPassphrases(ask);
    const { observe } = this;
    const caches = new Map<string, number>();
    const { strict } = config;
    const options = { ask: passphrases.ask, observe, strict, keepSessions: namedIn(caches), openKeyLog: this.#openKeyLog };
    const services = loadServices(servicesOf(config), options, known);
    await reportFlaws(config, services, observe);
    await resolveServices(services, { observe, finder: this });
    this.#reader.keepFor(services);
    await this.#fence.fit(config);
    return this.#begin(services, passphrases.answers, caches);
  }

  async renew(renewing: readonly RenewingPooled[], ask: AskPassphrase): Promise<readonly PooledService[]> {
    const passphrases = rememberPassphrases(ask);
    const caches = new Map<string, number>();
    const orders = renewing.map(({ service: { config }, files }) => ({ config, files }));
    const keepSessions = namedIn(caches);
    const options = { ask: passphrases.ask, observe: SILENT, strict: false, keepSessions, openKeyLog: this.#openKeyLog };
    const services = loadFrom(orders, options, 'disk');
    const before = renewing.map(({ service: { reference } }) => this.#generations.get(reference.generation)?.services[reference.index]);
    adoptTargets(
      services,
      before.flatMap((service) => service?.targets ?? []),
    );
    return this.#begin(services, passphrases.answers, caches);
  }

  /** Its lines come from workers too, by its path. */
  readonly #openKeyLog: OpenKeyLog = (path) => {
    const keyLog = keyLogsHere(this.observe)(path);
    this.#keyLogs.set(path, keyLog);
    return keyLog;
  };

  /** From here on every worker knows these services, also one that comes later. */
  async #begin(
    services: readonly Service[],
    passphrases: ReadonlyMap<string, string>,
    caches: ReadonlyMap<string, number>,
  ): Promise<readonly PooledService[]> {
    const number = this.#nextNumber();
    const prepared = services.map((service) => ({ config: service.config, files: filesOf(service), targets: foundTargets([service]) }));
    const generation = { number, services: prepared, passphrases };
    this.#generations.set(number, generation);
    this.#sessions.add(number, caches);
    await this.broadcast(() => ({ order: { kind: 'prepare', generation } }));
    return services.map(({ config, tls, files }, index) => ({ config, tls, files, reference: { generation: number, index } }));
  }

  async bindService(service: PooledService, passed?: readonly PassedSocket[]): Promise<PooledListener> {
    const { config } = service;
    const { bound } = this.#binding;
    const addresses =
      passed?.map((socket) => adopt(socket, config, bound)) ?? (await bindAddresses(config, this.#binding)).map((one) => [one]);
    const shared = addresses.map((bindings) => new SharedBinding(bindings as [Binding], this.#options.workers, config));
    return new PooledListener(this.#nextNumber(), service, shared, this);
  }

  async settle(): Promise<void> {
    const why = await this.#workers.settled();
    if (why !== undefined) throw new OvercoatError('start_process', `A worker could not start: ${why}`);
    await this.#reader.settled();
  }

  /** Workers that are made later are born with what this process is by then. */
  async confine({ chroot, setuid, setgid }: Confinement, mayGainPrivileges: boolean): Promise<void> {
    const order: Order = { kind: 'confine', global: { chroot, setuid, setgid }, mayGainPrivileges };
    refuseFailures(await Promise.all(this.#workers.everyone.map((worker) => worker.order({ order }))));
  }

  configure({ logLevel, drainMs }: GlobalConfig): void {
    this.#shared.settings.logLevel = logLevel;
    this.#shared.settings.drainMs = drainMs;
    this.#shared.settings.levelByHand = undefined;
  }

  setLogLevel(level: LogLevel | undefined): void {
    this.#shared.settings.levelByHand = level;
  }

  follow(desk: Desk): void {
    this.#desk = desk;
    this.#shared.settings.followed = true;
  }

  get workers(): number {
    return [...this.#workers.all()].length;
  }

  async vitals(): Promise<readonly ProcessVitals[]> {
    const { service } = this.#workers;
    const all = [...[...this.#workers.all()].map(([, worker]) => worker), ...(service === undefined ? [] : [service])];
    const answers = await Promise.all(all.map((each) => each.order({ order: { kind: 'vitals' } })));
    return [vitals('main'), ...answers.flatMap((answer) => (answer.kind === 'vitals' ? [answer.vitals] : []))];
  }

  switchedTo(services: readonly PooledService[]): void {
    this.#current = services;
    const before = this.#programs;
    this.#programs = services.filter(({ config }) => clientIsProgram(config));
    if (this.#programs.length > 0) void this.#workers.fill();
    if (this.#programs.length > 0 || before.length > 0)
      this.#orderPrograms({ kind: 'run-programs', services: this.#programs.map(referenceOf) });
    this.#forgetUnused();
  }

  stopPrograms(): void {
    if (this.#programs.length > 0) this.#orderPrograms({ kind: 'stop-programs' });
    this.#programs = [];
  }

  #orderPrograms(order: Order): void {
    const worker = this.#workers.at(PROGRAMS_SLOT);
    this.#programsWait = worker === undefined;
    void worker?.order({ order });
  }

  #forgetUnused(): void {
    const used = new Set([
      ...[...this.#listeners].map(({ generation }) => generation),
      ...this.#current.map((each) => each.reference.generation), // one that is drained may be resumed
    ]);
    const generations = [...this.#generations.keys()].filter((number) => !used.has(number));
    for (const number of generations) this.#generations.delete(number);
    this.#sessions.forget(generations);
    void this.broadcast(() => ({ order: { kind: 'forget', generations } }));
  }

  async close(): Promise<void> {
    const ready = this.#workers.everyone.filter((worker) => worker.isReady);
    await withinLimit(Promise.all(ready.map((worker) => worker.order({ order: { kind: 'flush' } }))));
    this.files.close();
    this.#fence.close();
    await withinLimit(this.#workers.close());
  }

  async broadcast(order: (slot: number) => OrderWithDescriptors): Promise<void> {
    refuseFailures(await Promise.all([...this.#workers.all()].map(([slot, worker]) => worker.order(order(slot)))));
  }

  /** By a worker: what name servers say is not read here. Where all have ended while no service accepted, one is made for it. */
  async find(host: string): Promise<LookupResult> {
    const found = await this.#askWorkers(host);
    if (found !== undefined) return found;
    this.#lookups += 1;
    await this.#workers.fill();
    this.#lookups -= 1;
    return (await this.#askWorkers(host)) ?? { error: 'no worker could look it up' };
  }

  /** One that ends over it is not asked again, the next is. */
  async #askWorkers(host: string): Promise<LookupResult | undefined> {
    for (const [, worker] of [...this.#workers.all()]) {
      const answer = await worker.order({ order: { kind: 'find-addresses', host } });
      if (answer.kind === 'found') return answer.result;
    }
    return undefined;
  }

  add(listener: PooledListener): void {
    this.#listeners.add(listener);
    void this.#workers.fill();
  }

  remove(listener: PooledListener): void {
    this.#listeners.delete(listener);
  }

  /** @param sealed what it needs of files and providers will be out of reach, and is loaded before it is ready */
  #makeWorker(sealed: boolean, fence: Fence | undefined): WorkerProxy {
    const { global } = this.#options;
    const place = this.#places.findIndex((taken) => !taken);
    if (place < 0) throw new Error('too many former workers have connections still');
    const record = {
      places: this.#places.length,
      place,
      sealed,
      status: global.watch.status !== undefined,
      library: sealed ? libraryOf(global) : undefined,
      fence: fence === undefined ? undefined : { strict: fence.strict },
    };
    const worker: WorkerProxy = new WorkerProxy(
      spawnWorker({
        memory: this.#memory.fd,
        folder: global.foreground === 'no' ? '/' : undefined, // as the supervisor has it once it has read its files
        fence,
      }),
      record,
      new SharedCount(this.#shared.counts, place),
      {
        observe: this.observe,
        reply: (question) => this.#replyTo(worker, question),
        startProgram: (exec, facts) => this.#startProgram(worker, exec, facts),
      },
    );
    this.#places[place] = true;
    void worker.ended.then(() => {
      this.#dialled.forgetAllOf(place);
      this.#sources.forgetAllOf(place);
      this.#places[place] = false;
    });
    return worker;
  }

  #roleOf(name: ProcessName): Role {
    if (name === 'service' || name === 'reader') return { kind: name };
    const { global } = this.#options;
    const asksForNames = global.dnsListen !== undefined;
    return { kind: 'worker', slot: name, ticketMaster: this.#ticketMaster, asksForNames, library: libraryOf(global) };
  }

  /** The orders go out in one go, so that whatever is ordered meanwhile comes after them. */
  async #furnish(worker: WorkerProxy, name: ProcessName): Promise<string | undefined> {
    const orders = typeof name === 'string' ? this.#service.orders : this.#ordersFor(name);
    const answers = await Promise.all(orders.map((order) => worker.order(order)));
    const failed = answers.find((answer) => answer.kind === 'failed');
    return failed?.kind === 'failed' ? failed.text : undefined;
  }

  /** One whose place another has: it accepts nobody, and starts no program, any more. */
  async #retire(worker: WorkerProxy, name: ProcessName): Promise<unknown> {
    if (name === 'service') return worker.order({ order: { kind: 'stop-keeping' } });
    for (const { id } of this.#listeners) void worker.order({ order: { kind: 'close', listener: id } });
    void worker.order({ order: { kind: 'stop-programs' } });
    return worker.order({ order: { kind: 'when-empty' } });
  }

  /** What a worker in this slot has been told so far. A program without `retry` is not started twice. */
  #ordersFor(slot: number): readonly OrderWithDescriptors[] {
    const again = slot === PROGRAMS_SLOT ? this.#programs.filter(({ config }) => this.#programsWait || config.retryMs !== undefined) : [];
    if (slot === PROGRAMS_SLOT) this.#programsWait = false;
    return [
      ...[...this.#generations.values()].map((generation): OrderWithDescriptors => ({ order: { kind: 'prepare', generation } })),
      ...[...this.#listeners].map((listener) => listener.listenOrder(slot)),
      ...(again.length === 0 ? [] : [{ order: { kind: 'run-programs', services: again.map(referenceOf) } } as const]),
    ];
  }

  /** Of some configuration that is in use, or it is not started. @throws NodeJS.ErrnoException */
  async #startProgram(asker: WorkerProxy, exec: ExecConfig, facts: ProgramFacts): Promise<SpawnedProgram> {
    const known = [...this.#generations.values()].flatMap(({ services }) => services.map(({ config }) => config.exec));
    const own = known.find((each) => each !== undefined && isDeepStrictEqual(each, exec));
    if (typeof this.#roles.get(asker) !== 'number' || own === undefined) throw systemError('execve', EPERM);
    return startHere(own, facts);
  }

  /** Never rejects: what a process that was taken over asks must not end this one. */
  async #replyTo(asker: WorkerProxy, question: Question): Promise<Reply> {
    try {
      return mayAsk(this.#roles.get(asker), question) ? await this.#reply(question) : undefined;
    } catch (cause) {
      const { message, stack } = cause as Error;
      this.observe({ kind: 'defect', text: `a question of a process of ours: ${message}`, stack }, MAIN);
      return undefined;
    }
  }

  #reply(question: Question): Promise<Reply> | Reply {
    switch (question.kind) {
      case 'name-for':
        return this.#names.nameFor(question.client, question.address);
      case 'keep-session':
        this.#sessions.put(question.cache, question.id, question.session, question.expires);
        return undefined;
      case 'find-session':
        return this.#sessions.get(question.cache, question.id);
      case 'drop-session':
        this.#sessions.drop(question.cache, question.id);
        return undefined;
      case 'log-secret':
        if (isLine(question.line)) this.#keyLogs.get(question.path)?.(question.line);
        return undefined;
      case 'files-changed':
        this.#reader.changed(question.files);
        return undefined;
      case 'read-desk':
        return this.#desk.read(question.question);
    }
  }

  #nextNumber(): number {
    this.#counter += 1;
    return this.#counter;
  }
}

interface RenewingPooled {
  readonly service: PooledService;
  readonly files: FilesRead;
}

/** Sessions are kept here, under names that are written down. */
function namedIn(caches: Map<string, number>): KeepSessions {
  return (cache, limit) => {
    caches.set(cache, limit);
    return keepSessionsHere(cache, limit);
  };
}

function referenceOf({ reference }: PooledService): PooledService['reference'] {
  return reference;
}

function refuseFailures(answers: readonly AnswerOrGone[]): void {
  for (const answer of answers) if (answer.kind === 'failed') throw new OvercoatError(answer.code, answer.text);
}

function libraryOf({ providers, fips }: GlobalConfig): LibraryConfig {
  return { providers, fips };
}

/** Files or rights that are there at start will be gone later. */
function isSealed({ chroot, setuid, setgid }: GlobalConfig): boolean {
  return chroot !== undefined || setuid !== undefined || setgid !== undefined;
}
