/**
 * TCP sockets made by hand, for what has to be set before bind or connect: Node's own have done both before anybody can reach them.
 * They do not block and are closed on exec, as Node's are. Linux only.
 */

import type { Endpoint } from '../../address/endpoint.ts';
import { isIpv6 } from '../../address/ip.ts';
import { systemError } from '../../text/system-error.ts';
import { bind, getsockname, getsockopt, setsockoptInt, socket } from '../libc/sockets.ts';
import {
  AF_INET,
  AF_INET6,
  decodeSocketAddress,
  decodeUnixPath,
  encodeSocketAddress,
  LARGEST_SOCKET_ADDRESS,
  SOCKET_ADDRESS_SIZE,
} from './socket-address.ts';
import { setTransparent } from './transparent.ts';

const NONBLOCKING_CLOSE_ON_EXEC = 0o4000 | 0o2000000;
const STREAM = 1;
const DATAGRAM = 2;
const SOL_SOCKET = 1;
const SO_DOMAIN = 39;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_FREEBIND = 15;
const IP_BIND_ADDRESS_NO_PORT = 24;
const IPV6_FREEBIND = 78;
const EADDRINUSE = 98;
const EPERM = 1;
/** Below it a port is a server's; a client that dialled from there gets an ordinary one. */
const FIRST_CLIENT_PORT = 1024;

/** @throws NodeJS.ErrnoException */
export function makeTcpSocket(family: 4 | 6): number {
  return checked('socket', socket(family === 4 ? AF_INET : AF_INET6, STREAM | NONBLOCKING_CLOSE_ON_EXEC, 0));
}

/** @throws NodeJS.ErrnoException */
export function makeUdpSocket(family: 4 | 6): number {
  return checked('socket', socket(family === 4 ? AF_INET : AF_INET6, DATAGRAM | NONBLOCKING_CLOSE_ON_EXEC, 0));
}

/** bind(2) of a TCP or UDP socket, which stays open when it fails. @throws NodeJS.ErrnoException */
export function bindSocket(fd: number, endpoint: Endpoint): void {
  checked('bind', bind(fd, encodeSocketAddress(endpoint)));
}

/**
 * Binds a socket that will connect to somebody else's address and, where that is free, port (IP_TRANSPARENT, else IP_FREEBIND).
 * @param source port 0: any port
 * @throws NodeJS.ErrnoException
 */
export function bindForeign(fd: number, source: Endpoint): void {
  const family = isIpv6(source.address) ? 6 : 4;
  if (!setTransparent(fd, family)) {
    const freed = family === 4 ? setsockoptInt(fd, SOL_IP, IP_FREEBIND, 1) : setsockoptInt(fd, SOL_IPV6, IPV6_FREEBIND, 1);
    if (freed < 0) throw systemError('setsockopt IP_TRANSPARENT', EPERM);
  }
  if (source.port >= FIRST_CLIENT_PORT) {
    const bound = bind(fd, encodeSocketAddress(source));
    if (bound !== -EADDRINUSE) return void checked('bind', bound);
  }
  setsockoptInt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1); // the port is chosen at connect, so that it need not be free everywhere
  checked('bind', bind(fd, encodeSocketAddress({ address: source.address, port: 0 })));
}

/** SO_DOMAIN (socket(7)): an IPv6 socket may talk to an IPv4 address. */
export function socketFamily(fd: number): 4 | 6 | 'unix' {
  const bytes = new Uint8Array(Int32Array.BYTES_PER_ELEMENT);
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, bytes);
  const [domain] = new Int32Array(bytes.buffer);
  return domain === AF_INET ? 4 : domain === AF_INET6 ? 6 : 'unix';
}

/** The address a socket is bound to; undefined for a Unix socket. */
export function boundEndpoint(fd: number): Endpoint | undefined {
  const bytes = new Uint8Array(SOCKET_ADDRESS_SIZE);
  const length = getsockname(fd, bytes);
  return length < 0 ? undefined : decodeSocketAddress(bytes.subarray(0, length));
}

/** The path of a Unix socket; '' where it has none. */
export function boundPath(fd: number): string {
  const bytes = new Uint8Array(LARGEST_SOCKET_ADDRESS);
  const length = getsockname(fd, bytes);
  return length < 0 ? '' : decodeUnixPath(bytes.subarray(0, length));
}

function checked(call: string, result: number): number {
  if (result < 0) throw systemError(call, result);
  return result;
}
