/**
 * The listening sockets of one service. Binding and listening are two steps, so that a start can bind everything, fail as a whole,
 * and only then let clients in. A listener outlives a reload: only the service behind it is replaced.
 */
import { unlinkSync } from 'node:fs';
import net from 'node:net';
import { constants } from 'node:os';
import type { ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { descriptorOf } from '../linux/descriptor.ts';
import { describeSystemError } from '../linux/errno-text.ts';
import type { NameResources } from '../names/resources.ts';
import type { Observe } from '../observe/events.ts';
import { admit } from './admit.ts';
import type { Binding } from './binding.ts';
import { bindAddress } from './binding.ts';
import { nextConnectionId } from './connection-id.ts';
import type { ConnectionTable } from './connection-table.ts';
import { handleConnection } from './handle.ts';
import { Life } from './life.ts';
import type { OwnPorts } from './own-ports.ts';
import type { Service } from './record.ts';
import { HIGH_WATER_MARK } from './slabs.ts';
import { applySettings } from './socket-settings.ts';

/** What a listener shares with the others of its process. */
export interface ListenerContext {
  readonly observe: Observe;
  readonly connections: ConnectionTable;
  readonly ownPorts: OwnPorts;
  readonly names?: NameResources;
  /** Sockets bound before this process began, one an `accept` line in the order of the file. */
  readonly inherited?: number[];
}

const { EACCES, EADDRINUSE, EADDRNOTAVAIL, ENOENT, ENOTCONN } = constants.errno;
const BIND_ADVICE: ReadonlyMap<number, string> = new Map([
  [
    EADDRINUSE,
    'another program listens there (`ss -ltnp` names it; of a Unix socket: a file of that name is there): stop it, or change `accept`',
  ],
  [EACCES, 'ports below 1024 need root or CAP_NET_BIND_SERVICE, a Unix socket needs a folder you may write to'],
  [ENOENT, 'the folder of a Unix socket must exist'],
  [EADDRNOTAVAIL, 'no interface of this machine has that address'],
]);

/** As `bindAddresses`; nobody can connect before `start`. */
export async function bindService(service: Service, context: ListenerContext): Promise<Listener> {
  return new Listener(service, await bindAddresses(service.config, context), context);
}

/**
 * Binds all addresses of a service.
 * @throws OvercoatError `start_bind` when not one of its addresses could be bound (each failure is an event of its own)
 */
export async function bindAddresses(
  config: ServiceConfig,
  context: Pick<ListenerContext, 'observe' | 'inherited'>,
): Promise<readonly Binding[]> {
  const bindings: Binding[] = [];
  const failures: string[] = [];
  const observe: Observe = (event, about) => {
    if (event.kind === 'bind-failed') failures.push(bindFailure(event));
    context.observe(event, about);
  };
  for (const address of config.accept) bindings.push(...(await bindAddress(address, config, observe, context.inherited?.shift())));
  if (bindings.length === 0) throw cannotListen(config, failures);
  return bindings;
}

export class Listener {
  readonly #context: ListenerContext;
  readonly #bindings: readonly Binding[];
  readonly #servers: net.Server[] = [];
  #service: Service;

  constructor(service: Service, bindings: readonly Binding[], context: ListenerContext) {
    this.#service = service;
    this.#bindings = bindings;
    this.#context = context;
    for (const binding of bindings) if (binding.port > 0) context.ownPorts.add(binding.port);
  }

  /** The real addresses, `HOST:PORT` or a path. */
  get addresses(): readonly string[] {
    return this.#bindings.map((binding) => binding.text);
  }

  get service(): Service {
    return this.#service;
  }

  /**
   * Lets clients in.
   * @throws OvercoatError `start_bind` when another socket listens on one of the addresses after all: the kernel lets several be
   *   bound (SO_REUSEADDR) and only one listen
   */
  async start(): Promise<void> {
    for (const { bound, text, port } of this.#bindings) {
      const noDelay = this.#service.config.sockets.localNoDelay;
      const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay, highWaterMark: HIGH_WATER_MARK });
      server.on('connection', (socket) => this.#accept(socket, port > 0));
      await new Promise<void>((resolve, reject) => {
        server.once('error', (cause) => reject(listenFailure(this.#service.config, text, cause, this.#context.observe)));
        server.listen(bound instanceof net.BoundSocket ? bound : { fd: bound.fd() }, () => resolve());
      });
      server.removeAllListeners('error');
      server.on('error', (error) => this.#context.observe({ kind: 'accept-failed', ...describeSystemError(error) }, this.#eventContext()));
      this.#servers.push(server);
      this.#context.observe({ kind: 'service-bound', address: text }, { id: 'ui', service: this.#service.config });
    }
  }

  /** From the next accepted client on; running connections keep the service they began with. */
  async replaceService(service: Service): Promise<void> {
    this.#service = service;
  }

  /** Stops accepting and gives the addresses back; running connections go on. */
  async close(): Promise<void> {
    for (const { port, path } of this.#bindings) {
      if (port > 0) this.#context.ownPorts.remove(port);
      if (path !== undefined) removeSocketFile(path);
    }
    if (this.#servers.length === 0) for (const { bound } of this.#bindings) bound.close();
    for (const server of this.#servers) server.close();
  }

  #accept(socket: net.Socket, isTcp: boolean): void {
    const service = this.#service;
    const { limit, total } = this.#context.connections.count;
    if (limit !== undefined && total >= limit) {
      this.#context.observe({ kind: 'too-many-clients', limit }, this.#eventContext());
      socket.destroy();
      return;
    }
    const life = new Life(nextConnectionId(service.config.logId), service.config, this.#context.observe);
    life.own('client', socket);
    this.#context.connections.add(life);
    if (isTcp && socket.remoteAddress === undefined) {
      life.emit({ kind: 'note', level: 3, text: `getpeerbyname (local_rfd): Transport endpoint is not connected (${ENOTCONN})` });
      life.end({ kind: 'client-reset' });
      return;
    }
    if (service.config.sockets.local.length > 0 && !applyLocalSettings(socket, life)) return;
    void handleConnection(admit(socket, life), service, life, this.#context);
  }

  #eventContext(): { readonly id: string; readonly service: Service['config'] } {
    return { id: 'main', service: this.#service.config };
  }
}

/** `socket = l:`. @returns false where the kernel refused one: the connection has ended */
function applyLocalSettings(socket: net.Socket, life: Life): boolean {
  const family = socket.remoteFamily === undefined ? 'unix' : socket.localAddress?.includes(':') === true ? 6 : 4;
  try {
    applySettings(descriptorOf(socket), family, life.config.sockets.local, 'local', (level, text) =>
      life.emit({ kind: 'note', level, text }),
    );
    return true;
  } catch (cause) {
    const { message } = cause as Error;
    life.close(new OvercoatError('socket_option', message, cause));
    return false;
  }
}

/** A bound socket that may not listen, as an event and as the error to throw. */
export function listenFailure(config: ServiceConfig, address: string, cause: unknown, observe: Observe): OvercoatError {
  const event = { kind: 'bind-failed', address, ...describeSystemError(cause) } as const;
  observe(event, { id: 'ui', service: config });
  return cannotListen(config, [bindFailure(event)], cause);
}

function cannotListen({ name }: Service['config'], failures: readonly string[], cause?: unknown): OvercoatError {
  return new OvercoatError('start_bind', `Service [${name}] cannot listen on ${failures.join(', nor on ')}`, cause);
}

/** `127.0.0.1:443: Address already in use (98); what to do`. */
export function bindFailure({ address, text, errno }: { readonly address: string; readonly text: string; readonly errno: number }): string {
  const advice = BIND_ADVICE.get(errno);
  return `${address}: ${text}${errno === 0 ? '' : ` (${errno})`}${advice === undefined ? '' : `; ${advice}`}`;
}

/** @internal also for the thread that owns sockets others accept from */
export function removeSocketFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone, or not ours to remove after a change of user; the next start takes over a dead one.
  }
}
