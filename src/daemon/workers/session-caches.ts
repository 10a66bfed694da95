/**
 * Where the workers keep together which session went where, and sessions themselves: one cache for each name that a configuration in use has. A worker may have
 * been taken over by what a client sent it, so neither names nor sizes are its own choice.
 */
import { KeptSessions } from '../../tls/engine/server-session-cache.ts';

/** An id is 32 bytes in base64 at most; what is kept is the text of an address, or a session with its client's certificate. */
const MAX_ID_CHARACTERS = 64;
const MAX_SESSION_BYTES = 8192;

/** The names of a configuration, each with how many sessions its cache may hold. */
export type CacheLimits = ReadonlyMap<string, number>;

export class SessionCaches {
  readonly #limits = new Map<number, CacheLimits>();
  readonly #caches = new Map<string, KeptSessions>();

  /** @param generation the number of the configuration that has these names */
  add(generation: number, limits: CacheLimits): void {
    this.#limits.set(generation, limits);
  }

  /** What no other generation has a name for goes. */
  forget(generations: readonly number[]): void {
    for (const number of generations) this.#limits.delete(number);
    for (const name of this.#caches.keys()) if (this.#limitOf(name) === undefined) this.#caches.delete(name);
  }

  /**
   * Keeps a copy: what a message brought keeps all alive that was read with it. Without effect under a name that nobody has, and for
   * what is no session or longer than any.
   * @param expires milliseconds of the wall clock
   */
  put(name: string, id: string, session: Uint8Array, expires: number): void {
    const limit = this.#limitOf(name);
    if (limit === undefined || typeof id !== 'string' || id.length > MAX_ID_CHARACTERS) return;
    if (!(session instanceof Uint8Array) || session.byteLength > MAX_SESSION_BYTES) return;
    const kept = this.#caches.get(name) ?? new KeptSessions();
    this.#caches.set(name, kept);
    kept.put(id, session.slice(), Number(expires), limit);
  }

  drop(name: string, id: string): void {
    this.#caches.get(name)?.drop(id);
  }

  get(name: string, id: string): Uint8Array | undefined {
    return this.#caches.get(name)?.get(id);
  }

  #limitOf(name: string): number | undefined {
    for (const limits of this.#limits.values()) {
      const limit = limits.get(name);
      if (limit !== undefined) return limit;
    }
    return undefined;
  }
}
