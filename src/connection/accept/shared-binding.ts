/**
 * One bound address for several workers that accept. Where the kernel can spread clients over sockets of one port (SO_REUSEPORT on
 * Linux) every worker has a socket of its own, else all have the same one. The sockets stay with whoever bound them and the workers
 * get duplicates, so that clients who wait in the queue of a worker that ended are served by the next.
 */

import type { Endpoint } from '../../address/endpoint.ts';
import { isIpv6 } from '../../address/ip.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { listen, setsockoptInt } from '../../linux/libc/sockets.ts';
import { setTransparent } from '../../linux/sockets/transparent.ts';
import type { BoundSocket } from '../../sockets/bound-socket.ts';
import { bindTcp } from '../../sockets/bound-socket.ts';
import { systemError } from '../../text/system-error.ts';
import type { Binding } from './binding.ts';

const REUSED_PORT = { name: 'SO_REUSEPORT', value: { kind: 'flag', on: true } } as const;
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
/** What Node asks for; the kernel cuts it to net.core.somaxconn. */
const BACKLOG = 511;

export class SharedBinding {
  readonly text: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly #workers: number;
  readonly #sockets: readonly BoundSocket[];
  readonly #release: () => void;

  /** @param bindings of one address: one, or all that the process before had */
  constructor([binding, ...others]: readonly [Binding, ...Binding[]], workers: number, config: ServiceConfig) {
    this.text = binding.text;
    this.port = binding.port;
    this.path = binding.path;
    this.#release = binding.release;
    this.#workers = workers;
    this.#sockets = [...spread(binding, workers, config), ...others.map(({ bound }) => bound)];
  }

  get descriptors(): readonly number[] {
    return this.#sockets.map((socket) => socket.fd());
  }

  /** Lets clients connect; they wait until a worker accepts. @throws NodeJS.ErrnoException */
  listen(): void {
    for (const socket of this.#sockets) {
      const result = listen(socket.fd(), BACKLOG);
      if (result < 0) throw systemError('listen', -result);
    }
  }

  /** What one worker accepts from; it stays ours. Several where there were more workers in the process before. */
  descriptorsFor(worker: number): readonly number[] {
    const { length } = this.#sockets;
    const isTheirs = (index: number): boolean =>
      length > this.#workers ? index % this.#workers === worker % this.#workers : index === worker % length;
    return this.descriptors.filter((_, index) => isTheirs(index));
  }

  close(): void {
    this.#release();
    for (const socket of this.#sockets) socket.close();
  }
}

/**
 * The first socket was bound without SO_REUSEPORT, so a port that another program listens on was refused. Only then is the option
 * set, and the kernel lets further sockets of the same user bind the port (socket(7)).
 */
function spread(
  { bound, inherited, path }: Binding,
  workers: number,
  { sockets, transparent, origin }: ServiceConfig,
): readonly BoundSocket[] {
  const shared = [bound];
  // what a user sets may forbid a second socket on the port; what we set ourselves does not
  if (workers === 1 || inherited || (sockets.accept.length > 0 && origin === 'file') || path !== undefined) return shared;
  if (setsockoptInt(bound.fd(), SOL_SOCKET, SO_REUSEPORT, 1) < 0) return shared;
  const address = bound.address() as Endpoint;
  const further: BoundSocket[] = [];
  try {
    for (let worker = 1; worker < workers; worker += 1) {
      const socket = bindTcp(address, [...sockets.accept, REUSED_PORT]);
      further.push(socket);
      if (transparent.destination) setTransparent(socket.fd(), isIpv6(address.address) ? 6 : 4);
    }
  } catch {
    for (const socket of further) socket.close();
    return shared;
  }
  return [...shared, ...further];
}
