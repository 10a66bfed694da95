/**
 * Sockets of our own making, for services that want something set before bind or connect (`socket = a:` and `r:`,
 * `transparent = source`), and sockets that the caller of the program has bound already (systemd).
 */
import net, { isIPv6 } from 'node:net';
import type { Endpoint } from '../address/endpoint.ts';
import type { ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { bindForeign, bindTcpSocket, boundEndpoint, boundPath, closeTcpSocket, makeTcpSocket } from '../linux/tcp-socket.ts';
import type { SaySetting } from './socket-settings.ts';
import { applySettings } from './socket-settings.ts';

/** Bound and not listening; the shape is that of Node's own `BoundSocket`. */
export class MadeListener {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  fd(): number {
    return this.#fd;
  }

  /** Only where no server has taken it over. */
  close(): void {
    closeTcpSocket(this.#fd);
  }

  /** `HOST:PORT`, or a path. */
  address(): Endpoint | string {
    return boundEndpoint(this.#fd) ?? boundPath(this.#fd);
  }
}

/**
 * Binds a listening socket with the options of `socket = a:` set before.
 * @param address an IP literal
 * @throws NodeJS.ErrnoException
 */
export function bindWithSettings(address: Endpoint, { sockets }: ServiceConfig, say: SaySetting): MadeListener {
  const family = isIPv6(address.address) ? 6 : 4;
  const fd = makeTcpSocket(family);
  try {
    const reuse = { name: 'SO_REUSEADDR', value: { kind: 'flag', on: true } } as const; // the default, unless a line says otherwise
    applySettings(fd, family, [reuse], 'accept', () => undefined);
    applySettings(fd, family, sockets.accept, 'accept', say);
    bindTcpSocket(fd, address);
    return new MadeListener(fd);
  } catch (cause) {
    closeTcpSocket(fd);
    throw cause;
  }
}

export interface OwnDial {
  readonly address: Endpoint;
  /** Connect from this address, which need not be ours (`transparent = source`). */
  readonly source: Endpoint | undefined;
  /** Connect from this address of ours (`local`). */
  readonly local: string | undefined;
  readonly highWaterMark: number;
}

/**
 * Starts connecting a socket with the options of `socket = r:` set before.
 * @throws NodeJS.ErrnoException, OvercoatError `start_platform`
 */
export function dialWithSettings(
  { address, source, local, highWaterMark }: OwnDial,
  { sockets }: ServiceConfig,
  say: SaySetting,
): net.Socket {
  if (process.platform !== 'linux') throw new OvercoatError('start_platform', 'transparent = source and socket = r: exist on Linux only');
  const family = isIPv6(address.address) ? 6 : 4;
  const fd = makeTcpSocket(family);
  try {
    applySettings(fd, family, sockets.remote, 'remote', say);
    if (local !== undefined) bindTcpSocket(fd, { address: local, port: 0 });
    else if (source !== undefined) bindForeign(fd, source);
  } catch (cause) {
    closeTcpSocket(fd);
    throw cause;
  }
  // Connected in the same turn: Node would otherwise begin to read a socket that is not connected.
  const options = { fd, allowHalfOpen: true, highWaterMark };
  const socket = new net.Socket(options);
  socket.setNoDelay(sockets.remoteNoDelay);
  return socket.connect({ host: address.address, port: address.port });
}
