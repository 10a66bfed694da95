/**
 * Listening sockets of our own making, for services that want something set before bind (`socket = a:`), and sockets that the caller
 * of the program has bound already (systemd).
 */
import { isIPv6 } from 'node:net';
import type { Endpoint } from '../../address/endpoint.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { bindTcpSocket, boundEndpoint, boundPath, closeTcpSocket, makeTcpSocket } from '../../linux/sockets/tcp-socket.ts';
import type { TellSetting } from '../../sockets/socket-settings.ts';
import { applySettings } from '../../sockets/socket-settings.ts';

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
export function bindWithSettings(address: Endpoint, { sockets }: ServiceConfig, tell: TellSetting): MadeListener {
  const family = isIPv6(address.address) ? 6 : 4;
  const fd = makeTcpSocket(family);
  try {
    const reuse = { name: 'SO_REUSEADDR', value: { kind: 'flag', on: true } } as const; // the default, unless a line says otherwise
    applySettings(fd, family, [reuse], 'accept', () => undefined);
    applySettings(fd, family, sockets.accept, 'accept', tell);
    bindTcpSocket(fd, address);
    return new MadeListener(fd);
  } catch (cause) {
    closeTcpSocket(fd);
    throw cause;
  }
}
