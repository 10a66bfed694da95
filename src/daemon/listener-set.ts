/**
 * All listening sockets of the daemon, one listener an `accept` line. A start and a reload are the same plan: bind what is missing,
 * listen, then switch over. Until the switch nothing of what is open changes, so a reload that fails is no reload, and one that
 * succeeds turns no client away.
 */
import type { Address, ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { Observe } from '../observe/events.ts';
import type { Engine, Served, ServiceListener } from './engine.ts';
import type { Passed, PassedSockets, Use } from './upgrade/passed-sockets.ts';

/** One `accept` line of one service. */
interface AcceptLine {
  readonly service: Served;
  readonly address: Address;
}

interface Open extends AcceptLine {
  readonly listener: ServiceListener;
}

/** What binds, and who is told. */
export interface ListenerSetContext {
  readonly engine: Pick<Engine, 'bindService'>;
  readonly observe: Observe;
  /** Of the process before. */
  readonly passed?: PassedSockets | undefined;
}

export class ListenerSet {
  readonly #context: ListenerSetContext;
  #open: readonly Open[] = [];
  #closed = false;

  constructor(context: ListenerSetContext) {
    this.#context = context;
  }

  /** The real addresses of everything that is open. */
  get addresses(): readonly string[] {
    return this.#open.flatMap(({ listener }) => listener.addresses);
  }

  /** Closed for good: the process is stopping. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Those of one service. */
  addressesOf(service: string): readonly string[] {
    return this.#open.filter((open) => nameOf(open) === service).flatMap(({ listener }) => listener.addresses);
  }

  /** For the process that takes the place of this one. */
  get sockets(): readonly Passed[] {
    return this.#open.map((open) => ({ ...useOf(open), sockets: open.listener.sockets }));
  }

  /**
   * Binds what the services need beyond what is open.
   * @throws OvercoatError `start_bind` when a service would be left without a listener, `control_refused` when all of them are closed for
   * good; nothing has changed then
   */
  async plan(services: readonly Served[]): Promise<ListenerPlan> {
    if (this.#closed) throw new OvercoatError('control_refused', 'it is about to end');
    const { kept, missing, leaving } = match(this.#open, services);
    const before = this.#open.filter((open) => !leaving.includes(open));
    const plan = new ListenerPlan(this.#context, { before, kept, leaving }, (open) => this.#switchTo(open));
    const failed = await plan.bind(missing);
    const freed = failed.filter(({ address }) => leaving.some((open) => overlap(address, open.address)));
    if (freed.length > 0) {
      await plan.release();
      await plan.bind(freed);
    }
    try {
      plan.refuseIdleServices();
    } catch (cause) {
      await plan.abandon();
      throw cause;
    }
    return plan;
  }

  /**
   * Stops accepting everywhere and gives the addresses back, also those of a plan that is still on its way.
   * @param passed another process has the sockets as well
   */
  async close(passed = false): Promise<void> {
    this.#closed = true;
    await this.#switchTo([], passed);
  }

  async #switchTo(open: readonly Open[], passed = false): Promise<void> {
    const before = this.#open;
    this.#open = this.#closed ? [] : open;
    const dropped = new Set([...before, ...open].map(({ listener }) => listener));
    for (const { listener } of this.#open) dropped.delete(listener);
    await Promise.all([...dropped].map((listener) => listener.close(passed)));
  }
}

/** What happens to the listeners that are open. */
interface Change {
  /** Those that stay, with the services they have now. */
  readonly before: readonly Open[];
  /** The same listeners with the services they will have. */
  readonly kept: readonly Open[];
  readonly leaving: readonly Open[];
}

/** A change of listeners, carried out as a whole or not at all. */
export class ListenerPlan {
  readonly #context: ListenerSetContext;
  readonly #change: Change;
  readonly #switchTo: (open: readonly Open[]) => Promise<void>;
  readonly #fresh: Open[] = [];
  /** Those whose sockets the process before has as well, as long as it does. */
  readonly #adopted = new Set<ServiceListener>();
  readonly #failures = new Map<Served, OvercoatError>();
  #released = false;

  constructor(context: ListenerSetContext, change: Change, switchTo: (open: readonly Open[]) => Promise<void>) {
    this.#context = context;
    this.#change = change;
    this.#switchTo = switchTo;
  }

  /** @returns the lines that could not be bound */
  async bind(lines: readonly AcceptLine[]): Promise<readonly AcceptLine[]> {
    const failed: AcceptLine[] = [];
    for (const line of lines) {
      try {
        const passed = this.#context.passed?.take(useOf(line), letsKernelChoose(line.address));
        const listener = await this.#context.engine.bindService(alone(line), passed);
        if (passed !== undefined) this.#adopted.add(listener);
        this.#fresh.push({ ...line, listener });
      } catch (cause) {
        if (!(cause instanceof OvercoatError)) throw cause;
        this.#failures.set(line.service, cause);
        failed.push(line);
      }
    }
    return failed;
  }

  /** @throws OvercoatError `start_bind` for the first service that would be left without a listener */
  refuseIdleServices(): void {
    for (const [service, failure] of this.#failures) {
      if ([...this.#change.kept, ...this.#fresh].some((open) => open.service === service)) continue;
      this.#context.observe({ kind: 'service-bind-failed' }, { id: 'ui', service: service.config });
      throw failure;
    }
  }

  /** Closes what goes away before the switch: a new address needs the same port. `abandon` opens it again. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#switchTo(this.#change.before);
  }

  /**
   * Lets clients in on the new addresses; they are served by the new services from the first on. An address that cannot be listened
   * on is given up where its service has another.
   * @throws OvercoatError `start_bind`
   */
  async listen(): Promise<void> {
    for (const open of [...this.#fresh]) {
      await open.listener.replaceService(open.service);
      try {
        await open.listener.start();
      } catch (cause) {
        if (!(cause instanceof OvercoatError) || cause.code !== 'start_bind') throw cause;
        this.#failures.set(open.service, cause);
        this.#fresh.splice(this.#fresh.indexOf(open), 1);
        await this.#closeFresh(open);
      }
    }
    this.refuseIdleServices();
  }

  async commit(): Promise<void> {
    await Promise.all(this.#change.kept.map(({ listener, service }) => listener.replaceService(service)));
    await this.#switchTo([...this.#change.kept, ...this.#fresh]);
  }

  /** As if there had been no plan. */
  async abandon(): Promise<void> {
    for (const open of this.#fresh) await this.#closeFresh(open);
    if (!this.#released) return;
    const back: Open[] = [];
    for (const line of this.#change.leaving) {
      const listener = await this.#context.engine.bindService(alone(line));
      await listener.replaceService(line.service);
      await listener.start();
      back.push({ ...line, listener });
    }
    await this.#switchTo([...this.#change.before, ...back]);
  }

  #closeFresh({ listener }: Open): Promise<void> {
    return listener.close(this.#adopted.has(listener) && this.#context.passed?.shared);
  }
}

/** A listener serves one `accept` line; the service it hands connections to is set when it starts. */
function alone({ service, address }: AcceptLine): Served {
  return { ...service, config: { ...service.config, accept: [address] } };
}

/**
 * Finds for every line the open listener that can go on, first that of the service of the same name (two services may both let
 * the kernel choose a port), then any with the same address.
 */
function match(open: readonly Open[], services: readonly Served[]): { kept: Open[]; missing: AcceptLine[]; leaving: Open[] } {
  const leaving = [...open];
  const lines = services.flatMap((service) => service.config.accept.map((address) => ({ service, address })));
  const kept: Open[] = [];
  const take = (line: AcceptLine, sameName: boolean): boolean => {
    const index = leaving.findIndex((candidate) => bindsAlike(candidate, line) && (!sameName || nameOf(candidate) === nameOf(line)));
    const [found] = index < 0 ? [] : leaving.splice(index, 1);
    if (found !== undefined) kept.push({ ...line, listener: found.listener });
    return found !== undefined;
  };
  const strangers = lines.filter((line) => !take(line, true));
  const missing = strangers.filter((line) => letsKernelChoose(line.address) || !take(line, false));
  return { kept, missing, leaving };
}

/** Whether one socket would do for both: address and everything that is set on it before it accepts. */
function bindsAlike(open: Open, line: AcceptLine): boolean {
  return bindingOf(open.service.config, open.address) === bindingOf(line.service.config, line.address);
}

function bindingOf({ transparent, sockets, socketOwner }: ServiceConfig, address: Address): string {
  const { accept, localNoDelay } = sockets;
  return JSON.stringify([address, transparent.destination, accept, localNoDelay, socketOwner.uid ?? null, socketOwner.gid ?? null]);
}

function useOf(line: AcceptLine): Use {
  return { key: `accept ${bindingOf(line.service.config, line.address)}`, owner: nameOf(line) };
}

function nameOf({ service }: AcceptLine): string {
  return service.config.name;
}

function letsKernelChoose(address: Address): boolean {
  return address.kind === 'tcp' && address.port === 0;
}

/** Whether two addresses might be in each other's way; only asked when binding failed. */
function overlap(a: Address, b: Address): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') return a.kind === b.kind && 'path' in a && 'path' in b && a.path === b.path;
  return a.port === b.port;
}
