/**
 * Recognises loops that the addresses alone do not show. A rule that catches our own outgoing packets hands us a client that is a
 * socket we dialled: its four numbers are in a table all workers share, so the first re-entry is refused whichever worker meets
 * it. A loop through other machines changes the addresses on the way; it shows as connections to one destination that pile up
 * while that destination never says a byte.
 */
import { unmapped } from '../linux/socket-address.ts';

/** A TCP connection as its initiator sees it. */
export interface FourNumbers {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** What one connection holds of the guard until it ends. */
export interface Passage {
  /** The destination has sent something, so this is no loop. */
  answered(): void;
  /** The connection has ended. May be called twice. */
  done(): void;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly passage: Passage }
  /** `first`: nothing was said about this destination within the last minute, so it is worth a line. */
  | { readonly kind: 'loop'; readonly first: boolean };

/** One slot a dialled socket; a power of two. Were it ever full, the rest would go unremembered and the pile-up rule be left. */
const SLOTS = 131_072;
/** How far from its place a socket may be put, and is looked for. */
const NEIGHBOURHOOD = 32;
/** Connections to one destination that wait for its first byte, per worker. A burst of clients stays below or is answered. */
const MAX_UNANSWERED = 256;
/** While a loop is suspected few are let through to see whether the destination answers after all. */
const MAX_UNANSWERED_SUSPECT = 4;
/** A destination that answered this recently is merely busy. */
const ANSWER_COUNTS_MS = 2000;
const SUSPICION_MS = 10_000;
const QUIET_MS = 60_000;
/** Above this many the destinations without a connection are forgotten, also those a line was written about. */
const MAX_DESTINATIONS = 16_384;

interface Suspect {
  unanswered: number;
  answeredAt: number;
  suspectedUntil: number;
  saidAt: number;
}

/** One per process; workers build theirs on the `memory` of the first. */
export class LoopGuard {
  readonly memory: SharedArrayBuffer;
  /** Two hashes a slot: the first claims it (0 is free), the second tells what the first alone would confuse. */
  readonly #claims: Int32Array<SharedArrayBuffer>;
  readonly #checks: Int32Array<SharedArrayBuffer>;
  readonly #now: () => number;
  readonly #destinations = new Map<string, Suspect>();

  constructor(memory = new SharedArrayBuffer(2 * SLOTS * Int32Array.BYTES_PER_ELEMENT), now: () => number = () => performance.now()) {
    this.memory = memory;
    this.#claims = new Int32Array(memory, 0, SLOTS);
    this.#checks = new Int32Array(memory, SLOTS * Int32Array.BYTES_PER_ELEMENT, SLOTS);
    this.#now = now;
  }

  /**
   * Remembers a socket we dial. Call it as soon as `connect` was called: the re-entry may be accepted before `connect` succeeds.
   * @returns forgets it; may be called twice
   */
  remember(dialled: FourNumbers): () => void {
    const { claim, check } = fingerprint(dialled);
    let slot = this.#slots(claim).find((at) => Atomics.compareExchange(this.#claims, at, 0, claim) === 0);
    if (slot !== undefined) Atomics.store(this.#checks, slot, check);
    return () => {
      if (slot === undefined) return;
      Atomics.store(this.#checks, slot, 0);
      Atomics.store(this.#claims, slot, 0);
      slot = undefined;
    };
  }

  /** Whether an accepted connection is a socket of ours: `local` is then the client's end, `remote` where it was going. */
  isOwn(client: FourNumbers): boolean {
    const { claim, check } = fingerprint(client);
    return this.#slots(claim).some((at) => {
      if (Atomics.load(this.#claims, at) !== claim) return false;
      const found = Atomics.load(this.#checks, at);
      return found === check || found === 0; // 0: claimed this moment by another worker
    });
  }

  /** Counts a connection towards a destination, or refuses it because those before it are piling up unanswered. */
  admit(address: string, port: number): Admission {
    const key = `${unmapped(address)} ${port}`;
    const now = this.#now();
    const suspect = this.#destinations.get(key) ?? {
      unanswered: 0,
      answeredAt: Number.NEGATIVE_INFINITY,
      suspectedUntil: Number.NEGATIVE_INFINITY,
      saidAt: Number.NEGATIVE_INFINITY,
    };
    this.#destinations.set(key, suspect);
    if (this.#destinations.size > MAX_DESTINATIONS) this.#sweep();
    const limit = now < suspect.suspectedUntil ? MAX_UNANSWERED_SUSPECT : MAX_UNANSWERED;
    if (suspect.unanswered >= limit && now - suspect.answeredAt > ANSWER_COUNTS_MS) {
      suspect.suspectedUntil = now + SUSPICION_MS;
      const first = now - suspect.saidAt > QUIET_MS;
      if (first) suspect.saidAt = now;
      return { kind: 'loop', first };
    }
    suspect.unanswered += 1;
    return { kind: 'admitted', passage: this.#passage(key, suspect) };
  }

  #passage(key: string, suspect: Suspect): Passage {
    let waiting = true;
    const settle = (): void => {
      if (!waiting) return;
      waiting = false;
      suspect.unanswered -= 1;
    };
    return {
      answered: () => {
        settle();
        suspect.answeredAt = this.#now();
        suspect.suspectedUntil = Number.NEGATIVE_INFINITY;
      },
      done: () => {
        settle();
        const forgettable = suspect.unanswered === 0 && this.#now() >= Math.max(suspect.suspectedUntil, suspect.saidAt + QUIET_MS);
        if (forgettable && this.#destinations.get(key) === suspect) this.#destinations.delete(key);
      },
    };
  }

  #sweep(): void {
    for (const [key, suspect] of this.#destinations) if (suspect.unanswered === 0) this.#destinations.delete(key);
  }

  #slots(claim: number): number[] {
    const start = Math.imul(claim, 0x9e3779b1) >>> 15; // the upper 17 bits: 0 to SLOTS - 1
    return Array.from({ length: NEIGHBOURHOOD }, (_, step) => (start + step) % SLOTS);
  }
}

/** FNV-1a over the text of the four numbers, from two starting points. `claim` is never 0. */
function fingerprint({ localAddress, localPort, remoteAddress, remotePort }: FourNumbers): {
  readonly claim: number;
  readonly check: number;
} {
  const text = `${withoutZone(unmapped(localAddress))} ${localPort} ${withoutZone(unmapped(remoteAddress))} ${remotePort}`;
  return { claim: fnv(text, 0x811c9dc5) || 1, check: fnv(text, 0x01234567) };
}

function fnv(text: string, start: number): number {
  let hash = start;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
