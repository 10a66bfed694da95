/**
 * Which key shares a dial sends. The first one to a destination sends both, the post-quantum and the classical; only where the peer
 * then chose a classical group, the next dials send that share alone, which saves 60 to 90 microseconds a dial (docs/tuning.md). The
 * post-quantum group stays on offer: a peer that has learnt it asks for it (HelloRetryRequest) and is sent both again.
 */
import type { SecureContext, TLSSocket } from 'node:tls';

/** A peer may be upgraded, so what was learnt of it is forgotten after a while. */
const CLASSICAL_FOR_MS = 3_600_000;
const MAX_DESTINATIONS = 4096;
const HYBRID_SHARE = '*X25519MLKEM768:';
const CLASSICAL_SHARE = '*X25519:';

/** The same groups with the classical share alone; undefined where `curves` does not send both. */
export function classicalShareOnly(curves: string): string | undefined {
  if (!curves.startsWith(HYBRID_SHARE + CLASSICAL_SHARE)) return undefined;
  return `${CLASSICAL_SHARE}${HYBRID_SHARE.slice(1)}${curves.slice(HYBRID_SHARE.length + CLASSICAL_SHARE.length)}`;
}

export class KeyShares {
  /** What a dial to an unknown destination uses. */
  readonly both: SecureContext;
  readonly #makeClassical: (() => SecureContext) | undefined;
  readonly #classicalUntil = new Map<string, number>();
  readonly #now: () => number;
  #classical: SecureContext | undefined;

  /** @param makeClassical builds the context that sends the classical share alone; undefined: there is nothing to choose */
  constructor(both: SecureContext, makeClassical: (() => SecureContext) | undefined, now: () => number = () => performance.now()) {
    this.both = both;
    this.#makeClassical = makeClassical;
    this.#now = now;
  }

  /** @param destination the address that is dialled, as text */
  contextFor(destination: string): SecureContext {
    const until = this.#classicalUntil.get(destination);
    if (until === undefined || this.#makeClassical === undefined) return this.both;
    if (until < this.#now()) {
      this.#classicalUntil.delete(destination);
      return this.both;
    }
    this.#classical ??= this.#makeClassical();
    return this.#classical;
  }

  /** Remembers what the peer chooses. Call before the handshake ends. */
  watch(socket: TLSSocket, destination: string): void {
    if (this.#makeClassical === undefined) return;
    socket.once('secureConnect', () => {
      const group = (socket.getEphemeralKeyInfo() as { readonly name?: string } | null)?.name;
      if (group === undefined || group.includes('MLKEM')) this.#classicalUntil.delete(destination);
      else this.#learn(destination);
    });
  }

  #learn(destination: string): void {
    if (this.#classicalUntil.has(destination)) return;
    const [oldest] = this.#classicalUntil.keys();
    if (this.#classicalUntil.size >= MAX_DESTINATIONS && oldest !== undefined) this.#classicalUntil.delete(oldest);
    this.#classicalUntil.set(destination, this.#now() + CLASSICAL_FOR_MS);
  }
}
