/**
 * One bound address for several threads that accept. Where the kernel can spread clients over sockets of one port (SO_REUSEPORT on
 * Linux) every thread has a socket of its own, else all have the same one. The sockets stay with whoever bound them and the threads
 * get duplicates, so that clients who wait in the queue of a thread that ended are served by the next.
 */
import net, { isIPv6 } from 'node:net';
import type { ServiceConfig } from '../../config/config.ts';
import { duplicate, listen, setsockoptInt } from '../../linux/libc.ts';
import { setTransparent } from '../../linux/sockets/transparent.ts';
import { systemError } from '../../text/system-error.ts';
import type { Binding } from './binding.ts';

const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
/** What Node asks for; the kernel cuts it to net.core.somaxconn. */
const BACKLOG = 511;

export class SharedBinding {
  readonly text: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly #sockets: readonly Binding['bound'][];
  readonly #release: () => void;

  constructor(binding: Binding, threads: number, config: ServiceConfig) {
    this.text = binding.text;
    this.port = binding.port;
    this.path = binding.path;
    this.#release = binding.release;
    this.#sockets = spread(binding, threads, config);
  }

  /** Lets clients connect; they wait until a thread accepts. @throws NodeJS.ErrnoException */
  listen(): void {
    for (const socket of this.#sockets) {
      const result = listen(socket.fd(), BACKLOG);
      if (result < 0) throw systemError('listen', -result);
    }
  }

  /** A descriptor for one thread, which owns it from here on. @throws NodeJS.ErrnoException */
  descriptorFor(thread: number): number {
    const socket = this.#sockets[thread % this.#sockets.length] as Binding['bound'];
    const fd = duplicate(socket.fd());
    if (fd < 0) throw systemError('dup', -fd);
    return fd;
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
function spread({ bound, path }: Binding, threads: number, { transparent }: ServiceConfig): readonly Binding['bound'][] {
  const shared = [bound];
  if (!(bound instanceof net.BoundSocket) || path !== undefined || process.platform !== 'linux') return shared;
  if (setsockoptInt(bound.fd(), SOL_SOCKET, SO_REUSEPORT, 1) < 0) return shared;
  const { address: host, port } = bound.address() as net.AddressInfo;
  const further: net.BoundSocket[] = [];
  try {
    for (let thread = 1; thread < threads; thread += 1) {
      const socket = new net.BoundSocket({ host, port, reusePort: true });
      further.push(socket);
      if (transparent.destination) setTransparent(socket.fd(), isIPv6(host) ? 6 : 4);
    }
  } catch {
    for (const socket of further) socket.close();
    return shared;
  }
  return [...shared, ...further];
}
