/**
 * IP_TRANSPARENT: a listener with it receives TPROXY'd connections (their local address is the original destination), a dialling
 * socket with it may be bound to an address that is not ours. Needs CAP_NET_ADMIN; a listener may get it after bind, a dialling
 * socket needs it before.
 */
import { setsockoptInt } from '../libc/sockets.ts';

const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_TRANSPARENT = 19;
const IPV6_TRANSPARENT = 75;

/**
 * @param family of the socket, not of an address: 6 for a `::` listener, which then also takes intercepted IPv4
 * @returns false without the privilege
 */
export function setTransparent(fd: number, family: 4 | 6): boolean {
  const set = family === 4 ? setsockoptInt(fd, SOL_IP, IP_TRANSPARENT, 1) : setsockoptInt(fd, SOL_IPV6, IPV6_TRANSPARENT, 1);
  return set >= 0;
}
