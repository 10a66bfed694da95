/**
 * The `connect` lines of one service as addresses to dial, and the order they are tried in. Names are resolved once at start, or at
 * every connection with `delay`; a name that has no address at start is looked up per connection from then on, as stunnel does. Names
 * whose addresses have all failed are looked up again: they may have moved.
 */

import { randomInt } from 'node:crypto';
import type { DialAddress } from '../../address/dial-address.ts';
import { ipVersion } from '../../address/ip.ts';
import type { Address, ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { printable } from '../../text/printable.ts';
import type { AddressFinder } from './name-lookup.ts';
import { LOOPBACK, NameLookup } from './name-lookup.ts';
import { TargetHealth } from './target-health.ts';

/** Told about every name that could not be resolved. */
export type ResolveFailed = (host: string, text: string) => void;

/** What `prepare` found. */
export interface FoundTargets {
  readonly resolved: readonly DialAddress[] | undefined;
  readonly local: readonly DialAddress[];
}

const REFRESH_MS = 5_000;
/** A port alone; the star is what the C library takes for no host. */
const NO_HOST: ReadonlySet<string> = new Set(['', '*']);

/** One for the process: services that share a name share its look-ups. */
export const lookups = new NameLookup();

/** Addresses in the order one connection tries them. */
export interface Candidates {
  readonly addresses: readonly DialAddress[];
  /** Which of the configured ones is the first, counted from 0. */
  readonly entry: number;
}

export class Targets {
  readonly health = new TargetHealth();
  readonly #config: ServiceConfig;
  #resolved: readonly DialAddress[] | undefined;
  #local: readonly DialAddress[] = [];
  #next: number;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(config: ServiceConfig) {
    this.#config = config;
    this.#next = config.connect.length > 0 ? randomInt(config.connect.length) : 0;
  }

  /**
   * Resolves once, unless the service asks for `delay`. A failure is reported and leaves the look-up to the connections.
   * @param finder by default this process
   * @throws OvercoatError `upstream_unresolved` where `local` has no address: nobody looks again, and no other one may be used
   */
  async prepare(failed: ResolveFailed, finder: AddressFinder = lookups): Promise<void> {
    const { local, delay } = this.#config;
    if (local !== undefined) this.#local = await resolveLocal(local, finder);
    if (delay) return;
    let complete = true;
    const addresses = await this.#resolve((host, text) => {
      complete = false;
      failed(host, text);
    }, finder);
    this.#resolved = complete ? addresses : undefined;
  }

  /** What `prepare` found, as plain data, for the same service in another thread. */
  get found(): FoundTargets {
    return { resolved: this.#resolved, local: this.#local };
  }

  /** Instead of `prepare`: what another thread has found. */
  adopt({ resolved, local }: FoundTargets): void {
    this.#resolved = resolved;
    this.#local = local;
  }

  /** Empty when no name has an address. */
  async candidates(failed: ResolveFailed): Promise<Candidates> {
    const addresses = this.#resolved ?? (await this.#resolve(failed));
    const ordered = this.health.ordered(this.#rotated(addresses));
    const [first] = ordered;
    return { addresses: ordered, entry: first === undefined ? 0 : addresses.indexOf(first) };
  }

  #rotated(addresses: readonly DialAddress[]): readonly DialAddress[] {
    if (this.#config.failover === 'prio' || addresses.length < 2) return addresses;
    const first = this.#next % addresses.length;
    this.#next = first + 1;
    return [...addresses.slice(first), ...addresses.slice(0, first)];
  }

  /** The address of `local` that can reach a target of this family; undefined where `local` has none or was not given. */
  localFor(family: 4 | 6): string | undefined {
    const found = this.#local.find((address) => address.kind === 'tcp' && address.family === family);
    return found?.kind === 'tcp' ? found.host : undefined;
  }

  /** None of the addresses answered: looks the names up again in the background, every few seconds at most. */
  refresh(): void {
    const now = performance.now();
    if (this.#resolved === undefined || now - this.#refreshedAt < REFRESH_MS || !this.#config.connect.some(isName)) return;
    this.#refreshedAt = now;
    let complete = true;
    const keepOld = (): void => {
      complete = false;
    };
    void this.#resolve(keepOld).then((addresses) => {
      if (complete) this.#resolved = addresses;
    });
  }

  async #resolve(failed: ResolveFailed, finder: AddressFinder = lookups): Promise<readonly DialAddress[]> {
    const lists = await Promise.all(this.#config.connect.map((address) => resolveAddress(address, failed, finder)));
    return lists.flat();
  }
}

/**
 * One address as it can be dialled; all addresses of a name, in the resolver's order. Without a host it is this machine, which takes
 * no question: IPv6 first, as the C library has it and so stunnel.
 */
export async function resolveAddress(
  address: Address,
  failed: ResolveFailed,
  finder: AddressFinder = lookups,
): Promise<readonly DialAddress[]> {
  if (address.kind === 'unix') return [address];
  const { host, port, unknownPort } = address;
  if (unknownPort !== undefined) {
    failed(host === '' ? unknownPort : `${host}:${unknownPort}`, `Unknown TCP service "${printable(unknownPort)}"`);
    return [];
  }
  if (NO_HOST.has(host)) return LOOPBACK.map((entry) => ({ kind: 'tcp', host: entry.address, port, family: entry.family }));
  const family = ipVersion(host);
  if (family !== 0) return [{ kind: 'tcp', host, port, family: family === 6 ? 6 : 4 }];
  const found = await finder.find(host);
  if ('addresses' in found) return found.addresses.map((entry) => ({ kind: 'tcp', host: entry.address, port, family: entry.family }));
  failed(host, found.error);
  return [];
}

async function resolveLocal(host: string, finder: AddressFinder): Promise<readonly DialAddress[]> {
  return resolveAddress({ kind: 'tcp', host, port: 0 }, refuse, finder);

  function refuse(_host: string, text: string): never {
    const fix = 'write an address of this machine, or a name that leads to one';
    throw new OvercoatError('upstream_unresolved', `local = ${host}: Failed to resolve local address: ${text}; ${fix}`);
  }
}

function isName(address: Address): boolean {
  return address.kind === 'tcp' && !NO_HOST.has(address.host) && ipVersion(address.host) === 0;
}
