/**
 * The `connect` lines of one service as addresses to dial, and the order they are tried in. Names are resolved once at start, or at
 * every connection with `delay`; a name that has no address at start is looked up per connection from then on, as stunnel does.
 */
import { randomInt } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Address, ServiceConfig } from '../config/config.ts';
import { describeSystemError } from '../linux/errno-text.ts';
import type { DialAddress } from './record.ts';

/** Told about every name that could not be resolved. */
export type ResolveFailed = (host: string, text: string) => void;

export class Targets {
  readonly #config: ServiceConfig;
  #resolved: readonly DialAddress[] | undefined;
  #next: number;

  constructor(config: ServiceConfig) {
    this.#config = config;
    this.#next = config.connect.length > 0 ? randomInt(config.connect.length) : 0;
  }

  /** Resolves once, unless the service asks for `delay`. A failure is reported and leaves the look-up to the connections. */
  async prepare(failed: ResolveFailed): Promise<void> {
    if (this.#config.delay) return;
    let complete = true;
    const addresses = await this.#resolve((host, text) => {
      complete = false;
      failed(host, text);
    });
    this.#resolved = complete ? addresses : undefined;
  }

  /** The addresses in the order one connection tries them; empty when no name has an address. */
  async candidates(failed: ResolveFailed): Promise<readonly DialAddress[]> {
    const addresses = this.#resolved ?? (await this.#resolve(failed));
    if (this.#config.failover === 'prio' || addresses.length < 2) return addresses;
    const first = this.#next % addresses.length;
    this.#next = first + 1;
    return [...addresses.slice(first), ...addresses.slice(0, first)];
  }

  async #resolve(failed: ResolveFailed): Promise<readonly DialAddress[]> {
    const lists = await Promise.all(this.#config.connect.map((address) => resolveAddress(address, failed)));
    return lists.flat();
  }
}

/** One address as it can be dialled; all addresses of a name, in the resolver's order. A bare port is this machine's loopback. */
export async function resolveAddress(address: Address, failed: ResolveFailed): Promise<readonly DialAddress[]> {
  if (address.kind === 'unix') return [address];
  const host = address.host === '' ? 'localhost' : address.host;
  const family = isIP(host);
  if (family !== 0) return [{ kind: 'tcp', host, port: address.port, family: family === 6 ? 6 : 4 }];
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' });
    return found.map((entry) => ({ kind: 'tcp', host: entry.address, port: address.port, family: entry.family === 6 ? 6 : 4 }));
  } catch (error) {
    failed(host, describeSystemError(error).text);
    return [];
  }
}
