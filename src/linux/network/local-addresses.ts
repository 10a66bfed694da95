/**
 * Is an address one of this machine's? connection/dial/destination.ts asks, to tell an intercepted connection from one that is addressed
 * to us, so every address whose packets come back to this machine counts: its own addresses, all of 127/8, ::1, and the unspecified
 * addresses. The trap: Node's list leaves out interfaces without a carrier, whose addresses the kernel still answers for; a trial bind
 * finds those.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { ipKey, isIpv6, unmapped } from '../../address/ip.ts';
import { close } from '../libc/descriptors.ts';
import { bind, socket } from '../libc/sockets.ts';
import { AF_INET, AF_INET6, encodeSocketAddress } from '../sockets/socket-address.ts';

const CACHE_MS = 1000;
const DATAGRAM_CLOSE_ON_EXEC = 2 | 0o2000000;

interface Known {
  readonly addresses: ReadonlySet<string>;
  /** The administrator lets every program bind addresses that are not here, so a trial bind says nothing. */
  readonly bindsAnything: boolean;
  readonly until: number;
}

let known: Known = { addresses: new Set(), bindsAnything: false, until: Number.NEGATIVE_INFINITY };

/** @param address an IP literal, mapped IPv6 forms included; a `%zone` is ignored for all but link-local addresses */
export function isLocalAddress(address: string): boolean {
  const plain = unmapped(address);
  const bare = ipKey(address) ?? '';
  if (bare.startsWith('127.') || bare === '::1' || bare === '0.0.0.0' || bare === '::') return true;
  const { addresses, bindsAnything } = ownAddresses();
  return addresses.has(bare) || (!bindsAnything && canBind(plain));
}

/** Asked of the kernel at most once a second: addresses change rarely, connections come often. */
function ownAddresses(): Known {
  const now = performance.now();
  if (now < known.until) return known;
  const addresses = new Set<string>();
  for (const entries of Object.values(networkInterfaces())) for (const entry of entries ?? []) addresses.add(entry.address);
  known = { addresses, bindsAnything: isOn('ipv4') || isOn('ipv6'), until: now + CACHE_MS };
  return known;
}

/** Keeps the last answer where /proc is out of reach (chroot). */
function isOn(family: 'ipv4' | 'ipv6'): boolean {
  try {
    return readFileSync(`/proc/sys/net/${family}/ip_nonlocal_bind`, 'latin1').trim() === '1';
  } catch {
    return known.bindsAnything;
  }
}

function canBind(address: string): boolean {
  const fd = socket(isIpv6(address) ? AF_INET6 : AF_INET, DATAGRAM_CLOSE_ON_EXEC, 0);
  if (fd < 0) return false;
  const bound = bind(fd, encodeSocketAddress({ address, port: 0 })) === 0;
  close(fd);
  return bound;
}
