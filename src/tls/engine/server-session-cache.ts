/**
 * Sessions kept on the server, for clients that resume by session id instead of a ticket. Node's server asks nobody unless these
 * events are heard, and being asked costs every TLS 1.3 handshake; so it is used where tickets are off or TLS ends at 1.2.
 */
import type { Server } from 'node:tls';
import type { SessionConfig, TlsConfig } from '../../config/config.ts';

const NO_TICKET = 1n << 14n;
/** Where the user says "no bound". */
const MAX_SESSIONS = 100_000;

/** Do sessions have to be kept here? */
export function needsSessionCache(tls: TlsConfig, sessions: SessionConfig): boolean {
  const withoutTickets = (BigInt(tls.secureOptions) & NO_TICKET) !== 0n;
  return sessions.resume && (withoutTickets || tls.maxVersion !== 'TLSv1.3');
}

/** Sessions of one server, by their id; ids of another one are unknown here. */
export interface SessionKeeper {
  /** @param expires milliseconds of the wall clock */
  put(id: string, session: Uint8Array, expires: number): void;
  get(id: string): Promise<Buffer | undefined>;
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

  get(id: string): Uint8Array | undefined {
    const found = this.#kept.get(id);
    return found !== undefined && found.expires > this.#now() ? found.session : undefined;
  }
}

/** A place of its own for each server. */
export const keepSessionsHere: KeepSessions = (_cache, limit) => keeperOf(new KeptSessions(), limit);

export function keeperOf(kept: KeptSessions, limit: number): SessionKeeper {
  return {
    put: (id, session, expires) => kept.put(id, session, expires, limit),
    get: async (id) => {
      const found = kept.get(id);
      return found === undefined ? undefined : Buffer.from(found);
    },
  };
}

export function useSessionCache(server: Server, { lifetimeMs }: SessionConfig, keeper: SessionKeeper, now: () => number = Date.now): void {
  server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
    keeper.put(id.toString('base64'), session, now() + lifetimeMs);
    done();
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, session: Buffer | null) => void) => {
    void keeper.get(id.toString('base64')).then((session) => done(null, session ?? null));
  });
}
