/**
 * The engine of several workers. This thread owns what there is one of: configuration, sockets, log, ticket secret, connection
 * numbers, names learnt from DNS; the workers accept and serve. What a worker was given is kept here, so that the next one can be
 * given the same.
 */
import type { Config, GlobalConfig } from '../../config/config.ts';
import { BoundAddresses } from '../../connection/accept/bound-addresses.ts';
import { connectionIdMemory } from '../../connection/accept/connection-id.ts';
import type { ConnectionSummary } from '../../connection/accept/connection-table.ts';
import type { BindContext } from '../../connection/accept/listener.ts';
import { bindAddresses } from '../../connection/accept/listener.ts';
import { SharedBinding } from '../../connection/accept/shared-binding.ts';
import { SharedCount, sharedCountMemory } from '../../connection/accept/shared-count.ts';
import { DialledSockets } from '../../connection/dial/dialled-sockets.ts';
import { OwnPorts } from '../../connection/dial/own-ports.ts';
import { OvercoatError } from '../../errors.ts';
import type { NameMemory } from '../../names/dns/memory.ts';
import type { CloseReason } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import { recordingFiles } from '../../start-files.ts';
import { KeptSessions } from '../../tls/engine/server-session-cache.ts';
import { newTicketMaster } from '../../tls/engine/ticket-keys.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import type { Engine, OpenConnections } from '../engine.ts';
import { rememberPassphrases } from '../process/passphrases.ts';
import { foundTargets, loadServices, reportFlaws, resolveServices, servicesOf } from '../services.ts';
import { ThisThread } from '../this-thread.ts';
import type { Generation, Order, Question, Reply } from './messages.ts';
import type { Crew, PooledService } from './pooled-listener.ts';
import { PooledListener } from './pooled-listener.ts';
import { WorkerProxy } from './worker-proxy.ts';
import { WorkerSet } from './worker-set.ts';

export interface PoolOptions {
  readonly workers: number;
  readonly global: GlobalConfig;
  readonly log: Log;
  /** What the DNS forwarder remembers, where there is one. */
  readonly memory: NameMemory | undefined;
  /** Sockets bound before this process began, one an `accept` line in the order of the file. */
  readonly inherited: readonly number[];
}

/** A worker that does not answer must not keep the process from ending. */
const END_WITHIN_MS = 5000;

export class WorkerPool implements Engine, Crew {
  readonly connections: OpenConnections;
  readonly observe: Log['observe'];
  readonly #options: PoolOptions;
  readonly #workers: WorkerSet;
  readonly #logLevel = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #ticketMaster = newTicketMaster();
  readonly #count: SharedCount;
  readonly #loops = new DialledSockets();
  readonly #binder: BindContext;
  /** Runs what workers cannot: programs that are clients. */
  readonly #home: ThisThread;
  readonly #sessions = new Map<string, KeptSessions>();
  readonly #generations = new Map<number, Generation>();
  readonly #listeners = new Set<PooledListener>();
  /** Of the shared count: which are taken; the first is this thread's. */
  readonly #places: boolean[];
  #counter = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.observe = options.log.observe;
    this.configure(options.global);
    this.#binder = { observe: options.log.observe, bound: new BoundAddresses(), inherited: [...options.inherited] };
    // This thread, the workers, as many that are just ending, and the spare.
    this.#places = Array.from({ length: 2 * options.workers + 2 }, (_, place) => place === 0);
    this.#count = new SharedCount(sharedCountMemory(this.#places.length));
    const { observe } = this;
    this.#home = new ThisThread({ observe, memory: options.memory, count: this.#count, ownPorts: new OwnPorts(this.#loops) });
    this.#workers = new WorkerSet({
      workers: options.workers,
      spareAtOnce: isSealed(options.global),
      observe: this.observe,
      make: () => this.#makeThread(),
      equip: (thread, slot) => this.#equip(thread, slot),
      needed: () => this.#listeners.size > 0,
    });
    this.connections = new OpenEverywhere(this.#workers, this.#home.connections, this.#count);
  }

  get broken(): Promise<string> {
    return this.#workers.broken;
  }

  /** Everything is prepared in this thread too: what is wrong with it is found here, once. */
  async prepare(config: Config, ask: AskPassphrase): Promise<readonly PooledService[]> {
    const passphrases = rememberPassphrases(ask);
    const { observe } = this;
    const { strict } = config;
    const services = servicesOf(config);
    const { result, files } = recordingFiles(() => loadServices(services, { ask: passphrases.ask, observe, strict }));
    await reportFlaws(config, result, observe);
    await resolveServices(result, observe);
    const number = this.#nextNumber();
    const targets = foundTargets(result);
    const generation = { number, services, files, passphrases: passphrases.answers, targets };
    this.#generations.set(number, generation);
    await this.everyone(() => ({ kind: 'prepare', generation }));
    return result.map((local, index) => ({ config: local.config, reference: { generation: number, index }, local }));
  }

  async bindService(service: PooledService): Promise<PooledListener> {
    const bindings = await bindAddresses(service.config, this.#binder);
    const shared = bindings.map((binding) => new SharedBinding(binding, this.#options.workers, service.config));
    return new PooledListener(this.#nextNumber(), service, shared, this);
  }

  async settle(): Promise<void> {
    const why = await this.#workers.settled();
    if (why !== undefined) throw new OvercoatError('start_process', `A worker could not start: ${why}`);
  }

  async forbidNewPrivileges(): Promise<void> {
    const order: Order = { kind: 'forbid-new-privileges' };
    await Promise.all([this.everyone(() => order), this.#workers.spare()?.order(order)]);
  }

  configure({ logLevel }: GlobalConfig): void {
    Atomics.store(this.#logLevel, 0, logLevel);
  }

  switchedTo(services: readonly PooledService[]): void {
    this.#home.switchedTo(services.map(({ local }) => local));
    this.#forgetUnused();
  }

  stopPrograms(): void {
    this.#home.stopPrograms();
  }

  #forgetUnused(): void {
    const used = new Set([...this.#listeners].map((listener) => listener.generation));
    const generations = [...this.#generations.keys()].filter((number) => !used.has(number));
    for (const number of generations) this.#generations.delete(number);
    void this.everyone(() => ({ kind: 'forget', generations }));
  }

  async close(): Promise<void> {
    await withinLimit(this.everyone(() => ({ kind: 'flush' })));
    this.#workers.close();
  }

  async everyone(order: (slot: number) => Order): Promise<void> {
    const answers = await Promise.all([...this.#workers.threads()].map(([slot, thread]) => thread.order(order(slot))));
    for (const answer of answers) if (answer.kind === 'failed') throw new OvercoatError(answer.code, answer.text);
  }

  joined(listener: PooledListener): void {
    this.#listeners.add(listener);
  }

  left(listener: PooledListener): void {
    this.#listeners.delete(listener);
  }

  #makeThread(): WorkerProxy {
    const place = this.#places.findIndex((taken) => !taken);
    const record = {
      counts: this.#count.memory,
      place,
      loops: this.#loops.memory,
      connectionIds: connectionIdMemory(),
      logLevel: this.#logLevel.buffer as SharedArrayBuffer,
      ticketMaster: this.#ticketMaster,
      sealed: isSealed(this.#options.global),
      asksForNames: this.#options.memory !== undefined,
    };
    const thread = new WorkerProxy(record, { observe: this.observe, reply: (question) => this.#reply(question) });
    this.#places[place] = true;
    void thread.ended.then(() => {
      this.#places[place] = false;
    });
    return thread;
  }

  /** The orders go out in one go, so that whatever is ordered meanwhile comes after them. */
  async #equip(thread: WorkerProxy, slot: number): Promise<string | undefined> {
    const orders: Order[] = [
      ...[...this.#generations.values()].map((generation): Order => ({ kind: 'prepare', generation })),
      ...[...this.#listeners].map((listener) => listener.listenOrder(slot)),
    ];
    const answers = await Promise.all(orders.map((order) => thread.order(order)));
    const failed = answers.find((answer) => answer.kind === 'failed');
    return failed?.kind === 'failed' ? failed.text : undefined;
  }

  #reply(question: Question): Promise<Reply> | Reply {
    switch (question.kind) {
      case 'name-for':
        return this.#options.memory?.nameFor(question.client, question.address);
      case 'keep-session': {
        const kept = this.#sessions.get(question.cache) ?? new KeptSessions();
        this.#sessions.set(question.cache, kept);
        kept.put(question.id, question.session, question.expires, question.limit);
        return undefined;
      }
      case 'find-session':
        return this.#sessions.get(question.cache)?.get(question.id);
    }
  }

  #nextNumber(): number {
    this.#counter += 1;
    return this.#counter;
  }
}

/** Files or rights that are there at start will be gone later. */
function isSealed({ chroot, setuid, setgid }: GlobalConfig): boolean {
  return chroot !== undefined || setuid !== undefined || setgid !== undefined;
}

class OpenEverywhere implements OpenConnections {
  readonly #workers: WorkerSet;
  readonly #home: OpenConnections;
  readonly #count: SharedCount;

  constructor(workers: WorkerSet, home: OpenConnections, count: SharedCount) {
    this.#workers = workers;
    this.#home = home;
    this.#count = count;
  }

  get size(): number {
    return this.#count.total;
  }

  get limit(): number | undefined {
    return this.#count.limit;
  }

  set limit(limit: number | undefined) {
    this.#count.limit = limit;
  }

  /** Oldest first. */
  async list(): Promise<readonly ConnectionSummary[]> {
    const answers = await this.#ask({ kind: 'list' });
    const inWorkers = answers.flatMap((answer) => (answer.kind === 'listed' ? answer.connections : []));
    return [...(await this.#home.list()), ...inWorkers].sort((a, b) => b.ms - a.ms);
  }

  async empty(): Promise<void> {
    await Promise.all([this.#home.empty(), this.#ask({ kind: 'when-empty' })]);
  }

  async closeAll(reason: CloseReason): Promise<void> {
    await Promise.all([this.#home.closeAll(reason), withinLimit(this.#ask({ kind: 'close-all', reason }))]);
  }

  #ask(order: Order): Promise<readonly Awaited<ReturnType<WorkerProxy['order']>>[]> {
    return Promise.all([...this.#workers.threads()].map(([, thread]) => thread.order(order)));
  }
}

function withinLimit(work: Promise<unknown>): Promise<unknown> {
  const limit = new Promise((resolve) => {
    const timer = setTimeout(resolve, END_WITHIN_MS);
    void work.finally(() => clearTimeout(timer));
  });
  return Promise.race([work, limit]);
}
