/**
 * Devices over which this machine learns its IPv6 default route by router advertisement. A kernel that forwards forgets such a route and ignores
 * the next advertisement, unless the device says otherwise (`accept_ra = 2`).
 */
import { readFileSync } from 'node:fs';
import { readParameter } from './kernel-parameters.ts';

/** One line of /proc/net/ipv6_route. */
export interface Ipv6Route {
  /** In hexadecimal without colons, a slash, and the length of the prefix, in hexadecimal too. */
  readonly destination: string;
  /** Of the kernel's ipv6_route.h. */
  readonly flags: number;
  readonly device: string;
}

export interface Routes {
  readonly ipv6: readonly Ipv6Route[];
  /** Devices that have an IPv4 default route. */
  readonly ipv4Defaults: readonly string[];
}

/** It came with a router advertisement: RTF_ADDRCONF. */
const ADVERTISED = 0x0004_0000;
const DEFAULT_ROUTE = `${'0'.repeat(32)}/00`;

/**
 * Those that listen as long as they do not forward, and have to go on.
 * @param lan devices whose networks use this machine as their gateway
 */
export function advertisedUplinks(lan: readonly string[]): readonly string[] {
  const parameter = (device: string, name: string): string | undefined => readParameter(`ipv6/conf/${device}/${name}`);
  const found = uplinksIn({ ipv6: ipv6Routes(), ipv4Defaults: ipv4Defaults() }, lan);
  return found.filter((device) => parameter(device, 'accept_ra') === '1' && parameter(device, 'forwarding') === '0');
}

/**
 * Those that a default route was learnt over. Where there is none of IPv6, the first advertisement may come later than we do: those that IPv4
 * leaves by, and those outside the LAN that were told a prefix. No others: whoever is on a network of guests could be this machine's router. Pure.
 */
export function uplinksIn({ ipv6, ipv4Defaults }: Routes, lan: readonly string[]): readonly string[] {
  const real = ipv6.filter(({ device }) => device !== 'lo'); // the kernel ends its table with a default route of lo that refuses
  const defaults = real.filter(({ destination }) => destination === DEFAULT_ROUTE);
  const devices =
    defaults.length > 0
      ? defaults.filter(isAdvertised).map(({ device }) => device)
      : [...ipv4Defaults, ...real.filter((route) => isAdvertised(route) && !lan.includes(route.device)).map(({ device }) => device)];
  return [...new Set(devices)];
}

function isAdvertised({ flags }: Ipv6Route): boolean {
  return (flags & ADVERTISED) !== 0;
}

function ipv6Routes(): readonly Ipv6Route[] {
  return rowsOf('ipv6_route').map((columns) => {
    const [address = '', bits = '', , , , , , , flags = '0', device = ''] = columns;
    return { destination: `${address}/${bits}`, flags: Number.parseInt(flags, 16), device };
  });
}

function ipv4Defaults(): readonly string[] {
  const rows = rowsOf('route').filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000');
  return rows.map(([device = '']) => device);
}

/** @returns the columns of each line; none where the kernel lacks the protocol */
function rowsOf(file: 'route' | 'ipv6_route'): readonly (readonly string[])[] {
  try {
    const rows = readFileSync(`/proc/net/${file}`, 'latin1').trim().split('\n');
    return rows.map((row) => row.trim().split(/\s+/));
  } catch {
    return [];
  }
}
