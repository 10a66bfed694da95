/** The machine's own name servers, from resolv.conf(5), read again when the file changes (DHCP, VPNs). */

import { readFileSync, statSync } from 'node:fs';
import { ipVersion } from '../../address/ip.ts';

export interface Resolver {
  /** IP literal, with its zone where it has one. */
  readonly address: string;
  readonly port: number;
}

export const RESOLV_CONF = '/etc/resolv.conf';
/** MAXNS of resolv.h: the C library uses no more. */
const MAX_RESOLVERS = 3;
const LOOK_AGAIN_MS = 5000;
/** What the C library does without a `nameserver` line. */
const DEFAULT: readonly Resolver[] = [{ address: '127.0.0.1', port: 53 }];

export interface SystemResolversOptions {
  /** What the list is until the file is read. */
  readonly known: readonly Resolver[];
  readonly path: string;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** @returns a function that gives the current list; while the file cannot be read (chroot) it stays what it was */
export function systemResolvers(options: Partial<SystemResolversOptions> = {}): () => readonly Resolver[] {
  const { path = RESOLV_CONF, now = () => performance.now() } = options;
  let { known = DEFAULT } = options;
  let changed = -1;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() - lookedAt < LOOK_AGAIN_MS) return known;
    lookedAt = now();
    try {
      const { mtimeMs } = statSync(path);
      if (mtimeMs !== changed) known = parseResolvConf(readFileSync(path, 'utf8'));
      changed = mtimeMs;
    } catch {
      // keep what we had
    }
    return known;
  };
}

/** The `nameserver` lines of resolv.conf(5), at most MAX_RESOLVERS of them; what cannot be read is passed over. Without any: this machine. */
export function parseResolvConf(text: string): readonly Resolver[] {
  const found: Resolver[] = [];
  for (const line of text.split('\n')) {
    const [keyword, address = ''] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && ipVersion(address) !== 0) found.push({ address, port: 53 });
  }
  return found.length === 0 ? DEFAULT : found.slice(0, MAX_RESOLVERS);
}
