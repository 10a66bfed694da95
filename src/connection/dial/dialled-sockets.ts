/**
 * The TCP sockets this process has dialled, in memory all its workers share. A rule that catches our own outgoing packets hands us a
 * client that is one of these sockets: its four-tuple is found here, so the first such connection is refused, whichever worker
 * accepts it. The same memory counts how often one connection has come back through services that lead to each other.
 */

import { unmapped, withoutZone } from '../../address/ip.ts';
import type { Leg } from '../../sockets/leg.ts';

/** The addresses and ports of a TCP connection as its initiator sees them. */
export interface FourTuple {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** How often a connection may come back to us as another: services of one process may well be chained, but not so many. */
export const MAX_HOPS = 8;

/** One slot a dialled socket; a power of two. A socket that finds no free slot is not recognised; unanswered-connections.ts ends its loop. */
const SLOTS = 131_072;
/** A socket is stored in one of this many slots that follow the place its hash names, and searched for in no others. */
const NEIGHBOURHOOD = 32;

/** How many 32-bit numbers the memory needs: four a slot. */
export const DIALLED_SOCKETS_LENGTH = 4 * SLOTS;

/** One a process; workers build theirs on memory they share. */
export class DialledSockets {
  /** Two hashes of a four-tuple a slot: the first claims the slot (0: it is free), the second tells apart tuples that share the first. */
  readonly #claims: Int32Array;
  readonly #checks: Int32Array;
  /** How many of our connections a dialled socket carries on, itself included. */
  readonly #hops: Int32Array;
  /** Who has the socket: the owner's number and one, since 0 is nobody. */
  readonly #owners: Int32Array;
  readonly #owner: number;

  /**
   * @param memory DIALLED_SOCKETS_LENGTH numbers, zeros at first; by default memory of this process alone
   * @param owner the number of this worker, from 0
   */
  constructor(memory: Int32Array = new Int32Array(DIALLED_SOCKETS_LENGTH), owner = 0) {
    const part = (index: number): Int32Array => memory.subarray(index * SLOTS, (index + 1) * SLOTS);
    this.#claims = part(0);
    this.#checks = part(1);
    this.#hops = part(2);
    this.#owners = part(3);
    this.#owner = owner;
  }

  /**
   * Remembers a socket we dial. Call it as soon as `connect` was called: the socket may be accepted by us before `connect` succeeds.
   * @param hops how many of our connections it carries on, itself included
   * @returns forgets it; may be called twice
   */
  remember(dialled: FourTuple, hops = 1): () => void {
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
  isOwn(client: FourTuple): boolean {
    return this.hopsOf(client) > 0;
  }

  /** How many of our connections an accepted one carries on; 0 for that of a stranger. */
  hopsOf(client: FourTuple): number {
    const { claim, check } = fingerprint(client);
    const slot = this.#slots(claim).find((at) => {
      if (Atomics.load(this.#claims, at) !== claim) return false;
      const found = Atomics.load(this.#checks, at);
      return found === check || found === 0; // 0: another worker has claimed the slot and not yet stored the second hash
    });
    return slot === undefined ? 0 : Math.max(1, Atomics.load(this.#hops, slot));
  }

  #slots(claim: number): number[] {
    const start = Math.imul(claim, 0x9e3779b1) >>> 15; // the upper 17 bits: 0 to SLOTS - 1
    return Array.from({ length: NEIGHBOURHOOD }, (_, step) => (start + step) % SLOTS);
  }
}

/** FNV-1a over the text of the four-tuple, from two starting points. `claim` is never 0. */
function fingerprint({ localAddress, localPort, remoteAddress, remotePort }: FourTuple): {
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
