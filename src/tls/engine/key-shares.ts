/**
 * Which key shares a dial sends. The first one to a destination sends both, the post-quantum and the classical; only where the peer
 * then chose a classical group, the next dials send that share alone, which saves 60 to 90 microseconds a dial (docs/tuning.md). The
 * post-quantum group stays on offer: a peer that has learnt it asks for it (HelloRetryRequest) and is sent both again.
 */

/** A peer may be upgraded, so what was learnt of it is forgotten after a while. */
const CLASSICAL_FOR_MS = 3_600_000;
const MAX_DESTINATIONS = 4096;
/** It has a strength of 128 bits (SSL_CTX_set_security_level(3)). */
const HIGHEST_LEVEL_OF_X25519 = 3;
const HYBRID_SHARE = '*X25519MLKEM768:';
const CLASSICAL_SHARE = '*X25519:';

/** The same groups with the classical share alone; undefined where `curves` does not send both. */
export function classicalShareOnly(curves: string): string | undefined {
  if (!curves.startsWith(HYBRID_SHARE + CLASSICAL_SHARE)) return undefined;
  return `${CLASSICAL_SHARE}${HYBRID_SHARE.slice(1)}${curves.slice(HYBRID_SHARE.length + CLASSICAL_SHARE.length)}`;
}

export class KeyShares {
  readonly #classical: string | undefined;
  readonly #classicalUntil = new Map<string, number>();
  readonly #now: () => number;

  /** @param securityLevel above 3 the classical share alone would be none: X25519 is not allowed there */
  constructor(curves: string, securityLevel: number, now: () => number = () => performance.now()) {
    this.#classical = securityLevel > HIGHEST_LEVEL_OF_X25519 ? undefined : classicalShareOnly(curves);
    this.#now = now;
  }

  /** @param destination the address that is dialled, as text. @returns the groups for this dial; undefined: those of the service */
  groupsFor(destination: string): string | undefined {
    const until = this.#classicalUntil.get(destination);
    if (until === undefined) return undefined;
    if (until >= this.#now()) return this.#classical;
    this.#classicalUntil.delete(destination);
    return undefined;
  }

  /** Remembers what the peer chose. @param group asked for only where it matters; '' where there was none */
  learn(destination: string, group: () => string): void {
    if (this.#classical === undefined) return;
    const chosen = group();
    if (chosen === '' || chosen.includes('MLKEM')) {
      this.#classicalUntil.delete(destination);
      return;
    }
    if (this.#classicalUntil.has(destination)) return;
    const [oldest] = this.#classicalUntil.keys();
    if (this.#classicalUntil.size >= MAX_DESTINATIONS && oldest !== undefined) this.#classicalUntil.delete(oldest);
    this.#classicalUntil.set(destination, this.#now() + CLASSICAL_FOR_MS);
  }
}
