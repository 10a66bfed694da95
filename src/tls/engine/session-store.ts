/**
 * Sessions a client may resume, bounded in number and time. A session is as good as the handshake it came from, so an entry carries
 * what was learnt of the peer then: on a resumed connection Node has no certificate to look at, and the verdict is given anew on
 * these facts. A store belongs to one loaded service and dies with it, which is how a reload forgets everything.
 */
import type { X509Certificate } from 'node:crypto';

/** What a full handshake showed of the peer. */
export interface KnownPeer {
  readonly certificate: X509Certificate | undefined;
  /** OpenSSL's code, undefined for a good chain. */
  readonly chainError: string | undefined;
  /** A pre-shared key took the place of certificates. */
  readonly psk: boolean;
  /** The OCSP response it stapled to the handshake. */
  readonly staple: Buffer | undefined;
  /** When that handshake was, in milliseconds of the wall clock. */
  readonly since: number;
}

export interface StoredSession {
  readonly session: Buffer;
  readonly peer: KnownPeer;
}

interface Entry extends StoredSession {
  readonly expires: number;
  /** The session was offered already, and is kept only until the peer sends a newer one. */
  used: boolean;
}

/** Tickets kept for one key; a peer that sends more gains nothing. */
const MAX_PER_KEY = 16;
/** Where the user says "no bound". */
const MAX_SESSIONS = 100_000;
/** However often a session was renewed by resumption: after this the peer has to prove itself in full again. */
const MAX_AGE_MS = 24 * 3_600_000;

export class SessionStore {
  readonly #limit: number;
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  /** Newest ticket last; keys in the order in which they were used, so that the first is the one to drop. */
  readonly #entries = new Map<string, Entry[]>();
  #count = 0;

  /** @param limit tickets kept in all; 0: no bound of the user's */
  constructor(limit: number, lifetimeMs: number, now: () => number = Date.now) {
    this.#limit = limit === 0 ? MAX_SESSIONS : Math.min(limit, MAX_SESSIONS);
    this.#lifetimeMs = lifetimeMs;
    this.#now = now;
  }

  get size(): number {
    return this.#count;
  }

  /**
   * The newest session of a key. It leaves the store (RFC 8446 appendix C.4: use a ticket once), except when it is the last: that
   * one is used again until a new one comes.
   */
  take(key: string): StoredSession | undefined {
    const fresh = this.#fresh(key);
    const newest = fresh?.at(-1);
    if (fresh === undefined || newest === undefined) return undefined;
    newest.used = true;
    if (fresh.length > 1) {
      fresh.pop();
      this.#count -= 1;
    }
    this.#entries.delete(key);
    this.#entries.set(key, fresh);
    return newest;
  }

  put(key: string, session: Buffer, peer: KnownPeer): void {
    const expires = Math.min(this.#now() + this.#lifetimeMs, peer.since + MAX_AGE_MS);
    const before = this.#fresh(key) ?? [];
    const kept = [...before.filter((entry) => !entry.used), { session, peer, expires, used: false }].slice(-MAX_PER_KEY);
    this.#count += kept.length - before.length;
    this.#entries.delete(key);
    this.#entries.set(key, kept);
    this.#shrink();
  }

  /** Does a key want more? Listening for tickets costs time, so it is done while this says yes. */
  hasRoom(key: string): boolean {
    return (this.#entries.get(key)?.length ?? 0) < MAX_PER_KEY;
  }

  /** Forgets a key: its peer refused a session or was refused. */
  drop(key: string): void {
    this.#count -= this.#entries.get(key)?.length ?? 0;
    this.#entries.delete(key);
  }

  #fresh(key: string): Entry[] | undefined {
    const all = this.#entries.get(key);
    if (all === undefined) return undefined;
    const now = this.#now();
    const fresh = all.filter((entry) => entry.expires > now);
    if (fresh.length < all.length) {
      this.#count -= all.length - fresh.length;
      this.#entries.set(key, fresh);
    }
    return fresh;
  }

  /** Drops whole keys, the one unused for longest first. */
  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#count <= this.#limit) return;
      const entries = this.#entries.get(key) ?? [];
      if (this.#entries.size === 1) {
        this.#count -= entries.splice(0, entries.length - Math.max(this.#limit, 1)).length;
        return;
      }
      this.drop(key);
    }
  }
}
