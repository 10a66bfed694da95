/**
 * What is remembered of the sessions of a server, in one place for all workers: which target each went to, and of clients without
 * tickets the sessions themselves (src/openssl/sessions/shared-sessions.ts).
 */
import type { SessionConfig } from '../../config/tls-config.ts';

/** Where the user says "no bound". */
const MAX_SESSIONS = 100_000;

/** Sessions of one server, by their id; ids of another one are unknown here. */
export interface SessionKeeper {
  /** @param expires milliseconds of the wall clock */
  put(id: string, session: Uint8Array, expires: number): void;
  get(id: string): Promise<Buffer | undefined>;
  drop(id: string): void;
}

/** @param cache everything that decides trust, as one text (trust-fingerprint.ts); @param limit how many may be held */
export type KeepSessions = (cache: string, limit: number) => SessionKeeper;

export function cacheLimit({ cacheSize }: SessionConfig): number {
  return cacheSize === 0 ? MAX_SESSIONS : Math.min(cacheSize, MAX_SESSIONS);
}

interface Kept {
  readonly session: Uint8Array;
  readonly expires: number;
}

/** The sessions of one cache in memory. The oldest goes when it is full. */
export class KeptSessions {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  put(id: string, session: Uint8Array, expires: number, limit: number): void {
    this.#kept.set(id, { session, expires });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= limit) break;
      this.#kept.delete(oldest);
    }
  }

  drop(id: string): void {
    this.#kept.delete(id);
  }

  get(id: string): Uint8Array | undefined {
    const found = this.#kept.get(id);
    return found !== undefined && found.expires > this.#now() ? found.session : undefined;
  }
}

/** A place of its own for each server. */
export const keepSessionsHere: KeepSessions = (_cache, limit) => keeperOf(new KeptSessions(), limit);

function keeperOf(kept: KeptSessions, limit: number): SessionKeeper {
  return {
    put: (id, session, expires) => kept.put(id, session, expires, limit),
    get: async (id) => {
      const found = kept.get(id);
      return found === undefined ? undefined : Buffer.from(found);
    },
    drop: (id) => kept.drop(id),
  };
}
