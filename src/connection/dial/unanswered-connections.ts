/**
 * Recognises a loop through other machines. Such a loop changes the addresses on the way, so no single connection shows it; it shows
 * as connections to one destination that accumulate while the destination never sends a byte.
 */

import { endpointText } from '../../address/endpoint.ts';
import { unmapped } from '../../address/ip.ts';
import type { Place } from '../../crowd.ts';
import { Crowd } from '../../crowd.ts';

/** A connection on its way to a destination. */
export interface PendingConnection {
  /** Whether the destination has sent anything, be it a part of a TLS handshake: then the connection is part of no loop. */
  answered(): boolean;
  /** The connection is part of a loop: ends it without a log line of its own. */
  stop(): void;
}

export type Admission =
  /** `leave` is called when the connection has ended. */
  | { readonly kind: 'admitted'; readonly leave: () => void }
  /** `first`: nothing was logged about this destination within the last minute, so this refusal is worth a line. */
  | { readonly kind: 'loop'; readonly first: boolean };

/** Connections to one destination that may wait for its first byte at a time, per worker. */
const MAX_UNANSWERED = 256;
/** The same limit while a loop is suspected: these few show whether the destination answers after all. */
const MAX_UNANSWERED_SUSPECT = 4;
/** A destination that answered this recently is merely busy. */
const ANSWER_COUNTS_MS = 2000;
const SUSPICION_MS = 10_000;
/** A destination is logged at most this often. */
const QUIET_MS = 60_000;
/** Above this many the destinations without a connection are forgotten, also those that were logged less than QUIET_MS ago. */
const MAX_DESTINATIONS = 16_384;

/** A destination and its pending connections. Those that were answered leave `waiting` at the next look at it, not at once. */
interface PendingDestination {
  readonly waiting: Crowd<PendingConnection>;
  answeredAt: number;
  suspectedUntil: number;
  loggedAt: number;
}

/** One per worker. */
export class UnansweredConnections {
  readonly #now: () => number;
  readonly #destinations = new Map<string, PendingDestination>();

  /** @param now milliseconds from any beginning */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Counts a connection towards a destination, or refuses it because too many before it were never answered. All that still wait are
   * then ended with it: one log line instead of one for each.
   */
  admit(address: string, port: number, connection: PendingConnection): Admission {
    const key = endpointText({ address: unmapped(address), port });
    const now = this.#now();
    const destination = this.#destination(key);
    const limit = now < destination.suspectedUntil ? MAX_UNANSWERED_SUSPECT : MAX_UNANSWERED;
    if (destination.waiting.size >= limit && !this.#dropAnswered(destination, now)) {
      destination.suspectedUntil = now + SUSPICION_MS;
      const first = now - destination.loggedAt > QUIET_MS;
      if (first) destination.loggedAt = now;
      for (const each of destination.waiting.members()) each.stop();
      return { kind: 'loop', first };
    }
    const place = destination.waiting.add(connection);
    return { kind: 'admitted', leave: () => this.#leave(key, destination, place, connection) };
  }

  #destination(key: string): PendingDestination {
    const known = this.#destinations.get(key);
    if (known !== undefined) return known;
    const never = Number.NEGATIVE_INFINITY;
    const destination = { waiting: new Crowd<PendingConnection>(), answeredAt: never, suspectedUntil: never, loggedAt: never };
    this.#destinations.set(key, destination);
    if (this.#destinations.size > MAX_DESTINATIONS) this.#forgetIdle();
    return destination;
  }

  /** No longer counts the answered ones. @returns whether the destination has answered lately, so that the rest may go on waiting */
  #dropAnswered(destination: PendingDestination, now: number): boolean {
    if (destination.waiting.removeThose((connection) => connection.answered()) > 0) clear(destination, now);
    return now - destination.answeredAt <= ANSWER_COUNTS_MS;
  }

  #leave(key: string, destination: PendingDestination, place: Place<PendingConnection>, connection: PendingConnection): void {
    destination.waiting.remove(place);
    if (connection.answered()) clear(destination, this.#now());
    const forgettable =
      destination.waiting.size === 0 && this.#now() >= Math.max(destination.suspectedUntil, destination.loggedAt + QUIET_MS);
    if (forgettable && this.#destinations.get(key) === destination) this.#destinations.delete(key);
  }

  #forgetIdle(): void {
    for (const [key, { waiting }] of this.#destinations) if (waiting.size === 0) this.#destinations.delete(key);
  }
}

/** It has answered: nothing suggests a loop any more. */
function clear(destination: PendingDestination, now: number): void {
  destination.answeredAt = now;
  destination.suspectedUntil = Number.NEGATIVE_INFINITY;
}
