/**
 * Sessions a client may resume, bounded in number and time. A session is as good as the handshake it came from, so an entry carries
 * what was learnt of the peer then: on a resumed connection no chain is built, and the verdict is given anew on these facts. A store belongs to one loaded service and dies with it, which is how a reload forgets everything.
 */
import type { X509Certificate } from 'node:crypto';
import type { Blamed } from '../verdict/chain.ts';

/** What a full handshake showed of the peer. */
export interface KnownPeer {
  readonly certificate: X509Certificate | undefined;
  /** As in `Peer` of the verdict. */
  readonly chainError: string | undefined;
  readonly blamed?: Blamed | undefined;
  readonly issuers?: readonly X509Certificate[] | undefined;
  /** A pre-shared key took the place of certificates. */
  readonly psk: boolean;
  /** The OCSP response it stapled to the handshake. */
  readonly staple: Buffer | undefined;
  /** When that handshake was, in milliseconds of the wall clock. */
  readonly since: number;
}

/** What is stored; pointers of the library's in the product. */
export interface Storable {
  /** The same once more, to be freed as well. */
  share(): this;
  free(): void;
}

export interface StoredSession<S> {
  readonly session: S;
  readonly peer: KnownPeer;
}

interface Entry<S> extends StoredSession<S> {
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

export class SessionStore<S extends Storable> {
  readonly #limit: number;
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  /** Newest ticket last; keys in the order in which they were used, so that the first is the one to drop. */
  readonly #entries = new Map<string, Entry<S>[]>();
  /** The last of them. */
  #newest: string | undefined;
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

  /** Keys that have sessions. @internal */
  get keys(): number {
    return this.#entries.size;
  }

  /**
   * The newest session of a key. It leaves the store (RFC 8446 appendix C.4: use a ticket once), except when it is the last: that
   * one is used again until a new one comes. Whoever takes it frees it.
   */
  take(key: string): StoredSession<S> | undefined {
    const fresh = this.#fresh(key);
    const newest = fresh?.at(-1);
    if (fresh === undefined || newest === undefined) return undefined;
    newest.used = true;
    const last = fresh.length === 1;
    if (!last) {
      fresh.pop();
      this.#count -= 1;
    }
    this.#keep(key, fresh);
    return last ? { session: newest.session.share(), peer: newest.peer } : newest;
  }

  /** The session is the store's from here on. */
  put(key: string, session: S, peer: KnownPeer): void {
    const expires = Math.min(this.#now() + this.#lifetimeMs, peer.since + MAX_AGE_MS);
    const before = this.#fresh(key) ?? [];
    const all = [...before.filter((entry) => !entry.used), { session, peer, expires, used: false }];
    const kept = all.slice(-MAX_PER_KEY);
    free(before.filter((entry) => !kept.includes(entry)));
    this.#count += kept.length - before.length;
    this.#keep(key, kept);
    this.#shrink();
  }

  /** The key was used: it is the last from here on. Most dials use the key of the one before, and a Map that is never rebuilt keeps no old tables alive. */
  #keep(key: string, entries: Entry<S>[]): void {
    if (this.#newest !== key) this.#entries.delete(key);
    this.#newest = key;
    this.#entries.set(key, entries);
  }

  /** Does a key want more? Listening for tickets costs time, so it is done while this says yes. */
  hasRoom(key: string): boolean {
    return (this.#entries.get(key)?.length ?? 0) < MAX_PER_KEY;
  }

  /** Forgets a key: its peer refused a session or was refused. */
  drop(key: string): void {
    const entries = this.#entries.get(key) ?? [];
    this.#count -= entries.length;
    this.#entries.delete(key);
    free(entries);
  }

  #fresh(key: string): Entry<S>[] | undefined {
    const all = this.#entries.get(key);
    if (all === undefined) return undefined;
    const now = this.#now();
    if (all.every(({ expires }) => expires > now)) return all;
    const fresh = all.filter(({ expires }) => expires > now);
    this.#count -= all.length - fresh.length;
    if (fresh.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, fresh);
    free(all.filter(({ expires }) => expires <= now));
    return fresh;
  }

  /** Drops whole keys, the one unused for longest first. */
  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#count <= this.#limit) return;
      const entries = this.#entries.get(key) ?? [];
      if (this.#entries.size === 1) {
        const surplus = entries.splice(0, entries.length - Math.max(this.#limit, 1));
        this.#count -= surplus.length;
        free(surplus);
        return;
      }
      this.drop(key);
    }
  }
}

function free(entries: readonly StoredSession<Storable>[]): void {
  for (const { session } of entries) session.free();
}
