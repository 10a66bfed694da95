/**
 * What is known about targets that did not answer: they are tried after the others for a while, so that a target that is down costs
 * one connection a wait now and then and not every connection. A target is never left out: when all others fail it is tried too.
 */

import type { DialAddress } from '../../address/dial-address.ts';
import { addressText } from '../../address/dial-address.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface Down {
  pauseMs: number;
  until: number;
}

export class TargetHealth {
  readonly #now: () => number;
  readonly #down = new Map<string, Down>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * The same addresses, those that are known to be down last. A target whose pause is over is back in its place for this caller alone,
   * who thereby tries it; callers that ask before the outcome is known still find it last.
   */
  ordered(addresses: readonly DialAddress[]): readonly DialAddress[] {
    if (this.#down.size === 0 || addresses.length < 2) return addresses;
    const up: DialAddress[] = [];
    const down: DialAddress[] = [];
    for (const address of addresses) (this.#isPaused(address) ? down : up).push(address);
    return [...up, ...down];
  }

  /** A target did not answer, or refused. */
  failed(address: DialAddress): void {
    const key = addressText(address);
    const known = this.#down.get(key);
    const pauseMs = known === undefined ? FIRST_PAUSE_MS : Math.min(known.pauseMs * 2, LONGEST_PAUSE_MS);
    this.#down.set(key, { pauseMs, until: this.#now() + pauseMs });
  }

  /** A target accepted a connection. */
  answered(address: DialAddress): void {
    if (this.#down.size > 0) this.#down.delete(addressText(address));
  }

  #isPaused(address: DialAddress): boolean {
    const known = this.#down.get(addressText(address));
    if (known === undefined) return false;
    if (this.#now() < known.until) return true;
    known.until = this.#now() + known.pauseMs; // one asks, the others wait for what it finds
    return false;
  }
}
