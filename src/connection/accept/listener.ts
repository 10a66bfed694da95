/**
 * The listening sockets of one service. Binding and listening are two steps, so that a start can bind everything, fail as a whole,
 * and only then let clients in. A listener outlives a reload: only the service behind it is replaced.
 */

import { unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import type { ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { isUntold } from '../../failure-cause.ts';
import { socketFamily } from '../../linux/sockets/tcp-socket.ts';
import type { Observe } from '../../observe/events.ts';
import type { Leg } from '../../sockets/leg.ts';
import { DescriptorListener } from '../../sockets/listener.ts';
import { saysLinger } from '../../sockets/options.ts';
import type { PassedSocket } from '../../sockets/passed-socket.ts';
import { PlainLeg } from '../../sockets/plain-leg.ts';
import { applySettings } from '../../sockets/socket-settings.ts';
import { describeSystemError } from '../../text/system-error.ts';
import type { Sources, TooMany } from '../access/sources.ts';
import type { AddressFinder } from '../dial/name-lookup.ts';
import type { ConnectionContext } from '../handle.ts';
import { handleConnection } from '../handle.ts';
import type { Life } from '../life/life.ts';
import type { Service } from '../record.ts';
import { acceptedClient, beginConnection } from './accepted.ts';
import type { BindFailure } from './bind-failure.ts';
import { cannotListen, listenOnEach, reportBindFailure } from './bind-failure.ts';
import type { Binding } from './binding.ts';
import { adopt, bindAddress } from './binding.ts';
import type { BoundAddresses } from './bound-addresses.ts';
import type { ConnectionTable } from './connection-table.ts';

/** What a listener shares with the others of its process. */
export interface ListenerContext extends ConnectionContext {
  readonly observe: Observe;
  readonly connections: ConnectionTable;
}

const { ENOTCONN } = constants.errno;
/** Failures of accept(2) that follow each other within this are one: it is tried ten times a second while there are no descriptors. */
const SAME_FAILURE_MS = 1000;
/** One that goes on is said so often. */
const SAY_AGAIN_MS = 60_000;

/** What binding needs of the process. */
export interface BindContext {
  readonly observe: Observe;
  readonly bound: BoundAddresses;
  /** Looks names of `accept` lines up; by default this process. */
  readonly finder?: AddressFinder | undefined;
  /** Sockets bound before this process began, one an `accept` line in the order of the file. */
  readonly inherited: number[];
}

/** As `bindAddresses`; nobody can connect before `start`. @param passed sockets of the process before, in place of new ones */
export async function bindService(
  service: Service,
  binding: BindContext,
  context: ListenerContext & { readonly passed?: readonly PassedSocket[] | undefined },
): Promise<Listener> {
  const { config } = service;
  const bindings = context.passed?.flatMap((socket) => adopt(socket, config, binding.bound));
  return new Listener(service, bindings ?? (await bindAddresses(config, binding)), context);
}

/**
 * Binds all addresses of a service.
 * @throws OvercoatError `start_bind` when not one of its addresses could be bound (each failure is an event of its own)
 */
export async function bindAddresses(
  config: ServiceConfig,
  { observe, bound, finder, inherited }: BindContext,
): Promise<readonly Binding[]> {
  const bindings: Binding[] = [];
  const failures: BindFailure[] = [];
  const failed = (failure: BindFailure): void => {
    failures.push(failure);
    reportBindFailure(failure, config, observe);
  };
  for (const address of config.accept)
    bindings.push(...(await bindAddress(address, config, { observe, bound, finder, failed }, inherited.shift())));
  if (bindings.length === 0) throw cannotListen(config, failures);
  return bindings;
}

export class Listener {
  readonly #context: ListenerContext;
  /** With what has taken the socket over, once it listens. Several of one address where the process before had more workers. */
  readonly #bindings: Map<Binding, DescriptorListener | undefined>;
  #service: Service;
  #endServing: (() => void) | undefined;
  /** Of accept(2), the last time; both as `performance.now()` has it. */
  #failure: { readonly errno: number; readonly at: number; readonly saidAt: number } | undefined;

  constructor(service: Service, bindings: readonly Binding[], context: ListenerContext) {
    this.#service = service;
    this.#bindings = new Map(bindings.map((binding) => [binding, undefined]));
    this.#context = context;
    for (const binding of bindings) if (binding.port > 0) context.ownPorts.add(binding.port);
  }

  /** The real addresses, `HOST:PORT` or a path. */
  get addresses(): readonly string[] {
    return [...this.#byAddress.keys()];
  }

  get service(): Service {
    return this.#service;
  }

  /** What it accepts from, for the process that takes its place. */
  get sockets(): readonly PassedSocket[] {
    return [...this.#byAddress].map(([text, bindings]) => {
      const [{ port, path }] = bindings as [Binding];
      return { text, port, path, descriptors: bindings.map(({ bound }) => bound.fd()) };
    });
  }

  get #byAddress(): ReadonlyMap<string, readonly Binding[]> {
    return Map.groupBy(this.#bindings.keys(), ({ text }) => text);
  }

  /** Lets clients in. An address that cannot be listened on after all is given up. @throws OvercoatError `start_bind` when that leaves none */
  async start(): Promise<void> {
    const { config } = this.#service;
    this.#endServing = await this.#beginServing(this.#service);
    const { observe } = this.#context;
    await listenOnEach([...this.#bindings.keys()], config, {
      observe,
      listen: (binding) => void this.#bindings.set(binding, this.#listen(binding)),
      giveUp: (binding) => {
        binding.bound.close();
        this.#forget(binding);
      },
    });
    for (const address of this.addresses) observe({ kind: 'service-bound', address }, { id: 'ui', service: config });
  }

  /** The next accepted client gets the new service; running connections keep the one they began with. */
  async replaceService(service: Service): Promise<void> {
    if (this.#endServing === undefined || service === this.#service) {
      this.#service = service; // it does not listen yet
      return;
    }
    const endBefore = this.#endServing;
    this.#endServing = await this.#beginServing(service);
    this.#service = service;
    endBefore();
  }

  /** Stops accepting and gives the addresses back; running connections go on. @param passed another process has the sockets: files stay */
  async close(passed = false): Promise<void> {
    this.#endServing?.();
    this.#endServing = undefined;
    for (const [binding, listening] of [...this.#bindings]) {
      this.#forget(binding, passed);
      if (listening === undefined) binding.bound.close();
      else listening.close();
    }
  }

  /** @throws NodeJS.ErrnoException; the socket is closed by the caller then */
  #listen({ bound, port }: Binding): DescriptorListener {
    const { sockets } = this.#service.config;
    return new DescriptorListener(bound.fd(), {
      noDelay: port > 0 && sockets.localNoDelay,
      lingerConfigured: () => saysLinger(this.#service.config.sockets.accept) || saysLinger(this.#service.config.sockets.local),
      accepted: (socket) => this.#accept(new PlainLeg(socket), port > 0),
      failed: (error) => this.#failed(error),
    });
  }

  #failed(error: NodeJS.ErrnoException): void {
    const { text, errno } = describeSystemError(error);
    const at = performance.now();
    const before = this.#failure;
    const again = before?.errno === errno && at - before.at < SAME_FAILURE_MS && at - before.saidAt < SAY_AGAIN_MS;
    this.#failure = { errno, at, saidAt: again ? before.saidAt : at };
    this.#context.observe({ kind: 'accept-failed', text, errno, again }, this.#eventContext());
  }

  #forget(binding: Binding, passed = false): void {
    this.#bindings.delete(binding);
    binding.release();
    if (binding.port > 0) this.#context.ownPorts.remove(binding.port);
    if (binding.path !== undefined && !passed) removeSocketFile(binding.path);
  }

  #accept(leg: Leg, isTcp: boolean): void {
    const service = this.#service;
    const { limit, total } = this.#context.connections.count;
    if (limit !== undefined && total >= limit) {
      this.#context.observe({ kind: 'too-many-clients', limit }, this.#eventContext());
      leg.end('close');
      return;
    }
    const { sources } = this.#context;
    const entered = service.config.proxy.accept === undefined ? sources?.enter(service.config, leg.remote?.address) : undefined;
    if (typeof entered === 'object') {
      this.#turnAway(leg, entered);
      return;
    }
    const life = beginConnection(leg, service, this.#context);
    if (entered !== undefined) life.onEnd(() => sources?.leave(entered));
    if (isTcp && leg.remote === undefined) {
      life.emit({ kind: 'client-vanished', errno: ENOTCONN });
      life.end({ kind: 'client-reset' });
      return;
    }
    if (service.config.sockets.local.length > 0 && !applyLocalSettings(leg, life)) return;
    void handleConnection(acceptedClient(leg, life), service, life, this.#context);
  }

  /** Nothing is made for it, but for the few that people are told of. */
  #turnAway(leg: Leg, why: TooMany): void {
    const { config } = this.#service;
    const failure = (this.#context.sources as Sources).failure(why, config);
    this.#context.observe({ kind: 'turned-away', limit: why.limit }, this.#eventContext());
    if (isUntold(failure.because)) leg.end(config.reset ? 'reset' : 'close');
    else beginConnection(leg, this.#service, this.#context).close(failure);
  }

  /** What the services behind one port want to have ready before their clients come. @returns ends that */
  async #beginServing(service: Service): Promise<() => void> {
    const { observe } = this.#context;
    const begun = [service, ...service.virtualHosts].map(({ tls, config }) =>
      tls.endpoint.serve((text) => observe({ kind: 'staple-not-fetched', text }, { id: 'main', service: config })),
    );
    const ends = await Promise.all(begun);
    return () => {
      for (const end of ends) end();
    };
  }

  #eventContext(): { readonly id: string; readonly service: Service['config'] } {
    return { id: 'main', service: this.#service.config };
  }
}

/** `socket = l:`. @returns false where the kernel refused one that it cannot do without: the connection has ended */
function applyLocalSettings(leg: Leg, life: Life): boolean {
  const { descriptor } = leg;
  try {
    applySettings(descriptor, socketFamily(descriptor), life.config.sockets.local, 'local', (outcome) => life.emit(outcome));
    return true;
  } catch (cause) {
    const { message } = cause as Error;
    life.close(new OvercoatError('socket_option', message, cause));
    return false;
  }
}

/** @internal also for the thread that owns sockets others accept from */
export function removeSocketFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone, or not ours to remove after a change of user; the next start takes over a dead one.
  }
}
