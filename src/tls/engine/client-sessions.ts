/**
 * Resumption as a client. A session is offered only to the same destination under the same name, by the service (as it was loaded)
 * that earned it; and whatever was resumed is judged again, on what the full handshake had shown. Without this Node accepts a
 * resumed peer that every one of today's checks would refuse.
 */
import type { TLSSocket } from 'node:tls';
import type { SessionConfig } from '../../config/config.ts';
import type { Peer } from '../verdict/verify.ts';
import { authenticatedByPsk, markPskOffered } from './psk-callbacks.ts';
import type { KnownPeer, StoredSession } from './session-store.ts';
import { SessionStore } from './session-store.ts';
import { collectStaple, stapleOf } from './staple.ts';

export interface ClientSessions {
  /**
   * Starts a dial.
   * @param destination the address that is dialled, as text; with the name it is the key
   */
  begin(destination: string, serverName: string | undefined): SessionUse;
}

/** The sessions of one dial: what is offered, what the peer turned out to be, what is kept for the next. */
export interface SessionUse {
  /** For `tls.connect`; undefined: a full handshake. */
  readonly session: Buffer | undefined;
  /** Call with the new socket, before anything can arrive: tickets may come with the first bytes. */
  watch(socket: TLSSocket): void;
  /** After the handshake: the peer to be judged, fresh or as it was when the resumed session was earned. */
  peerOf(socket: TLSSocket): Peer;
  /** After the verdict. Only what an accepted peer sent is kept; a refused one is forgotten. */
  judged(accepted: boolean): void;
}

/** What every dial of a service does beside resuming. */
export interface DialHabits {
  /** It offers a pre-shared key. */
  readonly psk: boolean;
  /** It asks for an OCSP staple. */
  readonly staple: boolean;
}

/** For one loaded service: everything else that decides trust is the same for all its dials. */
export function createClientSessions(config: SessionConfig, habits: DialHabits): ClientSessions {
  if (!config.resume) {
    const fresh: SessionUse = {
      ...NO_SESSIONS,
      watch: (socket) => watchHabits(socket, habits, false),
    };
    return { begin: () => fresh };
  }
  const store = new SessionStore(config.cacheSize, config.lifetimeMs);
  return { begin: (destination, serverName) => new Use(store, `${destination}\n${serverName ?? ''}`, habits) };
}

function watchHabits(socket: TLSSocket, { psk, staple }: DialHabits, offersSession: boolean): void {
  if (psk && !offersSession) markPskOffered(socket);
  if (staple) collectStaple(socket);
}

const NO_SESSIONS: SessionUse = {
  session: undefined,
  watch: () => undefined,
  peerOf: freshPeer,
  judged: () => undefined,
};

/** Certificate and OpenSSL's opinion of its chain, from the socket itself. */
export function freshPeer(socket: TLSSocket): Peer {
  return { ...knownPeer(socket), resumed: socket.isSessionReused() };
}

function knownPeer(socket: TLSSocket): KnownPeer {
  const error: unknown = socket.authorizationError;
  const certificate = socket.getPeerX509Certificate();
  return {
    certificate,
    chainError: typeof error === 'string' ? error : undefined,
    psk: certificate === undefined && authenticatedByPsk(socket),
    staple: stapleOf(socket),
    since: Date.now(),
  };
}

class Use implements SessionUse {
  readonly session: Buffer | undefined;
  readonly #store: SessionStore;
  readonly #key: string;
  readonly #habits: DialHabits;
  readonly #offered: StoredSession | undefined;
  #peer: KnownPeer | undefined;
  #early: Buffer[] = [];
  #verdict: 'pending' | 'accepted' | 'refused' = 'pending';

  constructor(store: SessionStore, key: string, habits: DialHabits) {
    this.#store = store;
    this.#key = key;
    this.#habits = habits;
    this.#offered = store.take(key);
    this.session = this.#offered?.session;
  }

  watch(socket: TLSSocket): void {
    watchHabits(socket, this.#habits, this.#offered !== undefined);
    if (this.#offered !== undefined) socket.once('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    if (!this.#store.hasRoom(this.#key)) return;
    const onSession = (session: Buffer): void => {
      if (this.#verdict === 'pending') this.#early.push(session);
      else if (this.#verdict === 'accepted') this.#keep(session);
      if (!this.#store.hasRoom(this.#key)) socket.off('session', onSession);
    };
    socket.on('session', onSession);
  }

  peerOf(socket: TLSSocket): Peer {
    const resumed = socket.isSessionReused();
    this.#peer = resumed ? this.#resumedPeer(socket) : knownPeer(socket);
    return { ...this.#peer, resumed };
  }

  /** A resumed session shows no certificate; one that was not offered cannot have been resumed, then nobody is known. */
  #resumedPeer(socket: TLSSocket): KnownPeer {
    if (this.#offered !== undefined) return this.#offered.peer;
    return this.#habits.psk && authenticatedByPsk(socket) ? knownPeer(socket) : NOBODY;
  }

  judged(accepted: boolean): void {
    this.#verdict = accepted ? 'accepted' : 'refused';
    if (accepted) for (const session of this.#early) this.#keep(session);
    else this.#store.drop(this.#key);
    this.#early = [];
  }

  /** A peer that could not be reached says nothing about the session; one that broke the handshake may do so because of it. */
  #failed(error: NodeJS.ErrnoException): void {
    if (this.#verdict === 'pending' && error.syscall !== 'connect') this.#store.drop(this.#key);
  }

  #keep(session: Buffer): void {
    if (this.#peer !== undefined) this.#store.put(this.#key, session, this.#peer);
  }
}

const NOBODY: KnownPeer = { certificate: undefined, chainError: 'UNSPECIFIED', psk: false, staple: undefined, since: 0 };
