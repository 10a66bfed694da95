/**
 * Resumption as a client. A session is offered only to the same destination under the same name, by the service (as it was loaded)
 * that earned it; and whatever was resumed is judged again, on what the full handshake had shown. Without this a resumed peer that
 * every one of today's checks would refuse is accepted.
 */
import type { SessionConfig } from '../../config/tls-config.ts';
import type { Session } from '../../openssl/sessions/session.ts';
import type { KnownPeer, StoredSession } from './session-store.ts';
import { SessionStore } from './session-store.ts';

export interface ClientSessions {
  /**
   * Starts a dial.
   * @param destination the address that is dialled, as text; with the name it is the key
   */
  begin(destination: string, serverName: string | undefined): SessionUse;
}

/** The sessions of one dial: what is offered, what is kept for the next. */
export interface SessionUse {
  /** undefined: a full handshake. The user's to free. */
  readonly offered: StoredSession<Session> | undefined;
  /** Takes a session of the peer's, which may come before the verdict; undefined: none is wanted. */
  readonly received: ((session: Session) => void) | undefined;
  /** After the verdict. Only what an accepted peer sent is kept; a refused one is forgotten. */
  judged(accepted: boolean, peer: KnownPeer): void;
  /** The handshake broke: perhaps because of the session. */
  failed(): void;
}

/** For one loaded service: everything else that decides trust is the same for all its dials. */
export function createClientSessions(config: SessionConfig): ClientSessions {
  if (!config.resume) return { begin: () => NO_SESSIONS };
  const store = new SessionStore<Session>(config.cacheSize, config.lifetimeMs);
  return { begin: (destination, serverName) => new Use(store, `${destination}\n${serverName ?? ''}`) };
}

const NO_SESSIONS: SessionUse = { offered: undefined, received: undefined, judged: () => undefined, failed: () => undefined };

class Use implements SessionUse {
  readonly offered: StoredSession<Session> | undefined;
  readonly received: ((session: Session) => void) | undefined;
  readonly #store: SessionStore<Session>;
  readonly #key: string;
  #peer: KnownPeer | undefined;
  #early: Session[] = [];
  #verdict: 'pending' | 'accepted' | 'refused' = 'pending';

  constructor(store: SessionStore<Session>, key: string) {
    this.#store = store;
    this.#key = key;
    this.offered = store.take(key);
    this.received = store.hasRoom(key) ? (session) => this.#receive(session) : undefined;
  }

  #receive(session: Session): void {
    if (this.#verdict === 'pending') this.#early.push(session);
    else if (this.#verdict === 'accepted' && this.#store.hasRoom(this.#key)) this.#keep(session);
    else session.free();
  }

  judged(accepted: boolean, peer: KnownPeer): void {
    this.#verdict = accepted ? 'accepted' : 'refused';
    this.#peer = peer;
    if (accepted) for (const session of this.#early) this.#keep(session);
    else this.failed();
    this.#early = [];
  }

  failed(): void {
    this.#verdict = 'refused';
    for (const session of this.#early) session.free();
    this.#early = [];
    this.#store.drop(this.#key);
  }

  #keep(session: Session): void {
    if (this.#peer !== undefined) this.#store.put(this.#key, session, this.#peer);
  }
}
