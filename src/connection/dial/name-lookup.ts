/**
 * Looks names up without letting a slow name server hold up more than the connections that need it: every name is asked about once
 * at a time, whoever waits, and nobody waits longer than the limit. What was found before is used where asking fails.
 */
import { lookup } from 'node:dns/promises';
import { describeResolverError } from '../../text/system-error.ts';

const WAIT_MS = 5_000;
/** How long an old answer may stand in for one that does not come. */
const STALE_MS = 300_000;
/** More than these of one name are not tried. */
const MOST_ADDRESSES = 64;
const MOST_REMEMBERED = 1_000;

export interface FoundAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What `localhost` is where the resolver does not know it (RFC 6761 section 6.3). */
export const LOOPBACK: readonly FoundAddress[] = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

export type LookupResult = { readonly addresses: readonly FoundAddress[] } | { readonly error: string };

/** Whoever can look names up; never rejects. */
export interface AddressFinder {
  find(host: string): Promise<LookupResult>;
}

export class NameLookup implements AddressFinder {
  readonly #resolve: (host: string) => Promise<LookupResult>;
  readonly #asked = new Map<string, Promise<LookupResult>>();
  readonly #found = new Map<string, { readonly addresses: readonly FoundAddress[]; readonly at: number }>();

  /** @param ask one question to the resolver; never rejects */
  constructor(ask: (host: string) => Promise<LookupResult> = askSystem) {
    this.#resolve = ask;
  }

  /** In the resolver's order. Never rejects. `localhost` is known where the resolver does not know it (no hosts file, in a jail). */
  async find(host: string): Promise<LookupResult> {
    const result = await this.#bounded(host);
    if ('addresses' in result) return result;
    if (isLocalhost(host)) return { addresses: LOOPBACK };
    const old = this.#found.get(host);
    return old !== undefined && performance.now() - old.at < STALE_MS ? { addresses: old.addresses } : result;
  }

  #bounded(host: string): Promise<LookupResult> {
    const asked = this.#asked.get(host) ?? this.#ask(host);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ error: `no answer within ${WAIT_MS / 1000} seconds` }), WAIT_MS);
      void asked.then((result) => {
        clearTimeout(timer);
        resolve(result);
      });
    });
  }

  #ask(host: string): Promise<LookupResult> {
    const asked = this.#resolve(host).then((result) => {
      this.#asked.delete(host);
      if ('addresses' in result) this.#remember(host, result.addresses);
      return result;
    });
    this.#asked.set(host, asked);
    return asked;
  }

  #remember(host: string, addresses: readonly FoundAddress[]): void {
    if (this.#found.size >= MOST_REMEMBERED) this.#found.clear();
    this.#found.set(host, { addresses, at: performance.now() });
  }
}

/** In any case, with the dot of the root or without. */
export function isLocalhost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host.toLowerCase() === 'localhost.';
}

async function askSystem(host: string): Promise<LookupResult> {
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' });
    const addresses = found
      .slice(0, MOST_ADDRESSES)
      .map(({ address, family }): FoundAddress => ({ address, family: family === 6 ? 6 : 4 }));
    return addresses.length === 0 ? { error: 'the name has no address' } : { addresses };
  } catch (error) {
    return { error: describeResolverError(error) };
  }
}
