/**
 * Where a connection was going before netfilter handed it to us (SO_ORIGINAL_DST, what iptables REDIRECT and DNAT leave behind in
 * connection tracking). The trap: the socket level follows the address, not the socket; an IPv4 client on a `::` listener is asked
 * at the IPv4 level, and the kernel reports ENOENT at the other. And where incoming packets are not tracked but ours are, the kernel may
 * take up the connection at a packet of ours (nf_conntrack_tcp_loose): it then believes that we opened it, to the client.
 */

import type { Endpoint } from '../../address/endpoint.ts';
import { unmapped } from '../../address/ip.ts';
import { sentenceOf } from '../../text/system-error.ts';
import { getsockopt } from '../libc/sockets.ts';
import { decodeSocketAddress, SOCKET_ADDRESS_SIZE } from './socket-address.ts';

const SOL_IP = 0;
const SOL_IPV6 = 41;
const SO_ORIGINAL_DST = 80;

/** What Node knows about an accepted socket; only the peer is looked at. A `net.Socket` will do. */
export interface SocketFacts {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

const ENOENT = 2;

/** `error` is the C library's sentence for `errno`: `No such file or directory`, 2, when nothing redirected the connection. */
export type OriginalDestination = Endpoint | { readonly error: string; readonly errno: number };

/**
 * @param fd the accepted socket's descriptor
 * @returns an unmapped address (`192.0.2.1`, never `::ffff:192.0.2.1`). With connection tracking on and no redirect it is our own
 *   address and port: comparing with the local address is the caller's.
 */
export function originalDestination(fd: number, facts: SocketFacts): OriginalDestination {
  const ipv4 = facts.remoteAddress?.includes('.') ?? true;
  const bytes = new Uint8Array(SOCKET_ADDRESS_SIZE);
  const length = getsockopt(fd, ipv4 ? SOL_IP : SOL_IPV6, SO_ORIGINAL_DST, bytes);
  if (length < 0) return { error: sentenceOf(length), errno: -length };
  const endpoint = decodeSocketAddress(bytes.subarray(0, length));
  if (endpoint === undefined) return { error: 'unknown address family', errno: 0 };
  const isPeer = endpoint.port === facts.remotePort && endpoint.address === unmapped(facts.remoteAddress ?? '');
  return isPeer ? { error: sentenceOf(-ENOENT), errno: ENOENT } : endpoint;
}
