/**
 * Level and name of each socket option for setsockopt(2) and getsockopt(2) on Linux, from asm-generic/socket.h, linux/tcp.h,
 * linux/in.h and linux/in6.h. The numbers are the same on every machine Node runs on.
 */
export interface SocketOptionNumber {
  readonly level: number;
  readonly name: number;
}

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;

export const SOCKET_OPTION_NUMBERS: ReadonlyMap<string, SocketOptionNumber> = new Map([
  ['SO_DEBUG', { level: SOL_SOCKET, name: 1 }],
  ['SO_REUSEADDR', { level: SOL_SOCKET, name: 2 }],
  ['SO_DONTROUTE', { level: SOL_SOCKET, name: 5 }],
  ['SO_SNDBUF', { level: SOL_SOCKET, name: 7 }],
  ['SO_RCVBUF', { level: SOL_SOCKET, name: 8 }],
  ['SO_KEEPALIVE', { level: SOL_SOCKET, name: 9 }],
  ['SO_OOBINLINE', { level: SOL_SOCKET, name: 10 }],
  ['SO_LINGER', { level: SOL_SOCKET, name: 13 }],
  ['SO_RCVLOWAT', { level: SOL_SOCKET, name: 18 }],
  ['SO_SNDLOWAT', { level: SOL_SOCKET, name: 19 }],
  ['SO_RCVTIMEO', { level: SOL_SOCKET, name: 20 }],
  ['SO_SNDTIMEO', { level: SOL_SOCKET, name: 21 }],
  // Needs CAP_NET_ADMIN; has no name in a configuration, the gateway sets it (--local mark=N).
  ['SO_MARK', { level: SOL_SOCKET, name: 36 }],
  // Sockets of one port for several workers; has no name in a configuration either.
  ['SO_REUSEPORT', { level: SOL_SOCKET, name: 15 }],
  ['SO_BINDTODEVICE', { level: SOL_SOCKET, name: 25 }],
  ['TCP_NODELAY', { level: IPPROTO_TCP, name: 1 }],
  ['TCP_MAXSEG', { level: IPPROTO_TCP, name: 2 }],
  ['TCP_KEEPIDLE', { level: IPPROTO_TCP, name: 4 }],
  ['TCP_KEEPINTVL', { level: IPPROTO_TCP, name: 5 }],
  ['TCP_KEEPCNT', { level: IPPROTO_TCP, name: 6 }],
  ['TCP_USER_TIMEOUT', { level: IPPROTO_TCP, name: 18 }],
  ['IP_TOS', { level: IPPROTO_IP, name: 1 }],
  ['IP_TTL', { level: IPPROTO_IP, name: 2 }],
  ['IP_FREEBIND', { level: IPPROTO_IP, name: 15 }],
  ['IPV6_V6ONLY', { level: IPPROTO_IPV6, name: 26 }],
  // What an IPv6 socket has in place of the IP options above; they have no name in a configuration.
  ['IPV6_UNICAST_HOPS', { level: IPPROTO_IPV6, name: 16 }],
  ['IPV6_TCLASS', { level: IPPROTO_IPV6, name: 67 }],
  ['IPV6_FREEBIND', { level: IPPROTO_IPV6, name: 78 }],
]);
