/**
 * Which client was told which name for which address. A name lives for the TTL of the answer plus a margin, because programs
 * resolve first and connect later. What one client asked never speaks for another: otherwise anybody in the network could choose
 * what is verified for it.
 */
import { ipKey } from '../../address/ip.ts';
import type { ToldAddresses } from './answers.ts';

export type RememberedName =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly name: string }
  /** The client has asked several names for this address; the newest answer last. */
  | { readonly kind: 'several'; readonly names: readonly string[] };

/** How a connection asks; in a worker the answer comes from the supervisor. */
export interface NameMemory {
  nameFor(client: string, address: string): RememberedName | Promise<RememberedName>;
}

export interface DnsMemoryLimits {
  /** Pairs of client and address altogether, and for one client. */
  readonly pairs: number;
  readonly pairsOfClient: number;
  /** Names of one pair; the oldest go first. */
  readonly names: number;
  readonly marginMs: number;
}

const LIMITS: DnsMemoryLimits = { pairs: 65_536, pairsOfClient: 8192, names: 16, marginMs: 120_000 };

/** Name -> when it is forgotten. A Map keeps the order of insertion, so the oldest answer comes first; the outer maps rely on that too. */
type Names = Map<string, number>;

export class DnsMemory implements NameMemory {
  readonly #limits: DnsMemoryLimits;
  readonly #now: () => number;
  readonly #clients = new Map<string, Map<string, Names>>();
  #pairs = 0;

  /** @param now milliseconds of a monotonic clock */
  constructor(limits: Partial<DnsMemoryLimits> = {}, now: () => number = () => performance.now()) {
    this.#limits = { ...LIMITS, ...limits };
    this.#now = now;
  }

  get size(): number {
    return this.#pairs;
  }

  remember(client: string, told: ToldAddresses): void {
    const who = ipKey(client);
    if (who === undefined) return;
    const until = this.#now() + told.ttlSeconds * 1000 + this.#limits.marginMs;
    for (const address of told.addresses) this.#rememberPair(who, address, told.name, until);
  }

  nameFor(client: string, address: string): RememberedName {
    const names = this.#clients.get(ipKey(client) ?? '')?.get(ipKey(address) ?? '');
    const live = names === undefined ? [] : [...names].filter(([, until]) => until > this.#now()).map(([name]) => name);
    const [only] = live;
    if (only === undefined) return { kind: 'none' };
    return live.length === 1 ? { kind: 'one', name: only } : { kind: 'several', names: live };
  }

  #rememberPair(client: string, address: string, name: string, until: number): void {
    const addresses = this.#clients.get(client) ?? new Map<string, Names>();
    renew(this.#clients, client, addresses);
    const known = addresses.get(address);
    const names = known ?? new Map<string, number>();
    renew(addresses, address, names);
    const later = Math.max(until, names.get(name) ?? 0);
    renew(names, name, later);
    for (const [other, end] of names) if (end <= this.#now()) names.delete(other);
    if (names.size > this.#limits.names) dropOldest(names);
    if (known !== undefined) return;
    this.#pairs++;
    if (addresses.size > this.#limits.pairsOfClient) {
      dropOldest(addresses);
      this.#pairs--;
    } else if (this.#pairs > this.#limits.pairs) this.#dropOldestPair();
  }

  /** Of the client that has been silent for longest. */
  #dropOldestPair(): void {
    for (const [client, addresses] of this.#clients) {
      dropOldest(addresses);
      if (addresses.size === 0) this.#clients.delete(client);
      this.#pairs--;
      return;
    }
  }
}

/** Sets a key and makes it the newest. */
function renew<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
}

function dropOldest<V>(map: Map<string, V>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
