/**
 * Recognises loops that the addresses alone do not show. A rule that catches our own outgoing packets hands us a client that is a
 * socket we dialled: its four numbers are in a table all workers share, so the first re-entry is refused whichever worker meets
 * it. A loop through other machines changes the addresses on the way; it shows as connections to one destination that pile up
 * while that destination never says a byte.
 */

import { endpointText } from '../../address/endpoint.ts';
import { unmapped, withoutZone } from '../../address/ip.ts';
import type { Leg } from '../../sockets/leg.ts';

/** A TCP connection as its initiator sees it. */
export interface FourNumbers {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** A connection on its way to a destination, as the guard sees it. */
export interface PendingConnection {
  /** The destination has said something to it, be it a TLS handshake: this is no loop. */
  answered(): boolean;
  /** It is part of a loop: ends it without a word. */
  stop(): void;
}

export type Admission =
  /** `leave` is called when the connection has ended. */
  | { readonly kind: 'admitted'; readonly leave: () => void }
  /** `first`: nothing was said about this destination within the last minute, so it is worth a line. */
  | { readonly kind: 'loop'; readonly first: boolean };

/** How often a connection may come back to us as another: services of one process may well be chained, but not so many. */
export const MAX_HOPS = 8;

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

/** What is known of one destination. Those who have been answered leave `waiting` when somebody looks, not at once. */
interface Destination {
  readonly waiting: Set<PendingConnection>;
  answeredAt: number;
  suspectedUntil: number;
  saidAt: number;
}

/** How many 32-bit numbers a guard needs: four a slot. */
export const LOOP_GUARD_LENGTH = 4 * SLOTS;

/** One a process; workers build theirs on memory they share. */
export class LoopGuard {
  /** Two hashes a slot: the first claims it (0 is free), the second tells what the first alone would confuse. */
  readonly #claims: Int32Array;
  readonly #checks: Int32Array;
  /** How many of our connections a dialled socket carries on, itself included. */
  readonly #hops: Int32Array;
  /** Who has the socket: the owner's number and one, since 0 is nobody. */
  readonly #owners: Int32Array;
  readonly #owner: number;
  readonly #now: () => number;
  readonly #destinations = new Map<string, Destination>();

  /**
   * @param memory LOOP_GUARD_LENGTH numbers, zeros at first; by default memory of this process alone
   * @param owner the number of this worker, from 0
   */
  constructor(memory: Int32Array = new Int32Array(LOOP_GUARD_LENGTH), owner = 0, now: () => number = () => performance.now()) {
    const part = (index: number): Int32Array => memory.subarray(index * SLOTS, (index + 1) * SLOTS);
    this.#claims = part(0);
    this.#checks = part(1);
    this.#hops = part(2);
    this.#owners = part(3);
    this.#owner = owner;
    this.#now = now;
  }

  /**
   * Remembers a socket we dial. Call it as soon as `connect` was called: the re-entry may be accepted before `connect` succeeds.
   * @param hops how many of our connections it carries on, itself included
   * @returns forgets it; may be called twice
   */
  remember(dialled: FourNumbers, hops = 1): () => void {
    const { claim, check } = fingerprint(dialled);
    let slot = this.#slots(claim).find((at) => Atomics.compareExchange(this.#claims, at, 0, claim) === 0);
    if (slot !== undefined) {
      Atomics.store(this.#owners, slot, this.#owner + 1);
      Atomics.store(this.#hops, slot, hops);
      Atomics.store(this.#checks, slot, check);
    }
    return () => {
      if (slot === undefined) return;
      this.#free(slot);
      slot = undefined;
    };
  }

  /** For a worker that has ended without forgetting its sockets, which the kernel has closed: their numbers may come again. */
  forgetAllOf(owner: number): void {
    for (let slot = 0; slot < SLOTS; slot += 1) if (Atomics.load(this.#owners, slot) === owner + 1) this.#free(slot);
  }

  #free(slot: number): void {
    for (const numbers of [this.#owners, this.#hops, this.#checks, this.#claims]) Atomics.store(numbers, slot, 0);
  }

  /** Remembers a leg that was just told to connect to an address, until it is gone. */
  watch(dialled: Leg, { host: remoteAddress, port: remotePort }: { readonly host: string; readonly port: number }, hops: number): void {
    const { local } = dialled; // chosen by connect(2)
    if (local === undefined) return;
    dialled.onGone(this.remember({ localAddress: local.address, localPort: local.port, remoteAddress, remotePort }, hops));
  }

  /** Whether an accepted connection is a socket of ours: `local` is then the client's end, `remote` where it was going. */
  isOwn(client: FourNumbers): boolean {
    return this.hopsOf(client) > 0;
  }

  /** How many of our connections an accepted one carries on; 0 for that of a stranger. */
  hopsOf(client: FourNumbers): number {
    const { claim, check } = fingerprint(client);
    const slot = this.#slots(claim).find((at) => {
      if (Atomics.load(this.#claims, at) !== claim) return false;
      const found = Atomics.load(this.#checks, at);
      return found === check || found === 0; // 0: claimed this moment by another worker
    });
    return slot === undefined ? 0 : Math.max(1, Atomics.load(this.#hops, slot));
  }

  /**
   * Counts a connection towards a destination, or refuses it because those before it pile up unanswered. Those are taken for a loop
   * and ended with it: one line instead of one for each of them.
   */
  admit(address: string, port: number, connection: PendingConnection): Admission {
    const key = endpointText({ address: unmapped(address), port });
    const now = this.#now();
    const destination = this.#destinationAt(key);
    const limit = now < destination.suspectedUntil ? MAX_UNANSWERED_SUSPECT : MAX_UNANSWERED;
    if (destination.waiting.size >= limit && !this.#removeAnswered(destination, now)) {
      destination.suspectedUntil = now + SUSPICION_MS;
      const first = now - destination.saidAt > QUIET_MS;
      if (first) destination.saidAt = now;
      for (const each of [...destination.waiting]) each.stop();
      return { kind: 'loop', first };
    }
    destination.waiting.add(connection);
    return { kind: 'admitted', leave: () => this.#leave(key, destination, connection) };
  }

  #destinationAt(key: string): Destination {
    const known = this.#destinations.get(key);
    if (known !== undefined) return known;
    const never = Number.NEGATIVE_INFINITY;
    const destination = { waiting: new Set<PendingConnection>(), answeredAt: never, suspectedUntil: never, saidAt: never };
    this.#destinations.set(key, destination);
    if (this.#destinations.size > MAX_DESTINATIONS) this.#sweep();
    return destination;
  }

  /** Lets go of those who were answered. @returns whether the destination is alive, so that the rest may go on waiting */
  #removeAnswered(destination: Destination, now: number): boolean {
    const answered = [...destination.waiting].filter((connection) => connection.answered());
    for (const connection of answered) destination.waiting.delete(connection);
    if (answered.length > 0) {
      destination.answeredAt = now;
      destination.suspectedUntil = Number.NEGATIVE_INFINITY;
    }
    return now - destination.answeredAt <= ANSWER_COUNTS_MS;
  }

  #leave(key: string, destination: Destination, connection: PendingConnection): void {
    destination.waiting.delete(connection);
    if (connection.answered()) {
      destination.answeredAt = this.#now();
      destination.suspectedUntil = Number.NEGATIVE_INFINITY;
    }
    const forgettable =
      destination.waiting.size === 0 && this.#now() >= Math.max(destination.suspectedUntil, destination.saidAt + QUIET_MS);
    if (forgettable && this.#destinations.get(key) === destination) this.#destinations.delete(key);
  }

  #sweep(): void {
    for (const [key, { waiting }] of this.#destinations) if (waiting.size === 0) this.#destinations.delete(key);
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
