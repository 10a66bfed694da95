/**
 * Bound sockets that do not listen yet: made here, with the options of `socket = a:` set before they are bound, or made by whoever
 * started this process.
 */

import type { Endpoint } from '../address/endpoint.ts';
import { isIpv6 } from '../address/ip.ts';
import type { SocketOption } from '../config/config.ts';
import { close, setCloseOnExec, setNonBlocking } from '../linux/libc/descriptors.ts';
import { bind } from '../linux/libc/sockets.ts';
import { bindSocket, boundEndpoint, boundPath, makeTcpSocket, makeUdpSocket } from '../linux/sockets/tcp-socket.ts';
import { makeUnixSocket, unixAddress } from '../linux/sockets/unix-socket.ts';
import { systemError } from '../text/system-error.ts';
import type { TellSetting } from './socket-settings.ts';
import { applySettings } from './socket-settings.ts';

export class BoundSocket {
  readonly #fd: number;

  /** @param fd bound, not blocking */
  constructor(fd: number) {
    this.#fd = fd;
  }

  fd(): number {
    return this.#fd;
  }

  /** Only where no listener has taken it over. */
  close(): void {
    close(this.#fd);
  }

  /** `HOST:PORT`, or a path. */
  address(): Endpoint | string {
    return boundEndpoint(this.#fd) ?? boundPath(this.#fd);
  }
}

const flag = (name: string, on: boolean): SocketOption => ({ name, value: { kind: 'flag', on } });
/** Unless a line says otherwise: a port that old connections still name may be had, and `::` stands for IPv4 as well. */
const REUSED = flag('SO_REUSEADDR', true);
const BOTH_FAMILIES = flag('IPV6_V6ONLY', false);
/** For `bindTcp` where another socket has the IPv4 addresses. */
export const ONE_FAMILY = flag('IPV6_V6ONLY', true);

/**
 * @param address an IP literal; port 0: one of the kernel's choice
 * @throws NodeJS.ErrnoException
 */
export function bindTcp(address: Endpoint, settings: readonly SocketOption[] = [], tell: TellSetting = () => undefined): BoundSocket {
  const family = isIpv6(address.address) ? 6 : 4;
  const fd = makeTcpSocket(family);
  try {
    applySettings(fd, family, family === 6 ? [REUSED, BOTH_FAMILIES] : [REUSED], 'accept', () => undefined);
    applySettings(fd, family, settings, 'accept', tell);
    bindSocket(fd, address);
    return new BoundSocket(fd);
  } catch (cause) {
    close(fd);
    throw cause;
  }
}

/** Datagrams; `::` is IPv6 alone. @throws NodeJS.ErrnoException */
export function bindUdp(address: Endpoint): BoundSocket {
  const family = isIpv6(address.address) ? 6 : 4;
  const fd = makeUdpSocket(family);
  try {
    if (family === 6) applySettings(fd, family, [ONE_FAMILY], 'accept', () => undefined);
    bindSocket(fd, address);
    return new BoundSocket(fd);
  } catch (cause) {
    close(fd);
    throw cause;
  }
}

/** @throws NodeJS.ErrnoException */
export function bindUnix(path: string): BoundSocket {
  const address = unixAddress(path, 'bind');
  const fd = makeUnixSocket();
  const bound = bind(fd, address);
  if (bound >= 0) return new BoundSocket(fd);
  close(fd);
  throw systemError('bind', bound);
}

/** One that was bound before this process began (systemd), by whoever started it. It may block, and outlive a program we start. */
export function takeOver(fd: number): BoundSocket {
  setNonBlocking(fd);
  setCloseOnExec(fd, true);
  return new BoundSocket(fd);
}
