/**
 * Deadlines of connections, thousands of them, most of which never come: one timer for all, and putting one off costs an assignment. They
 * are coarse: a deadline comes up to an eighth of a second late, never early.
 */

import type { Place } from '../crowd.ts';
import { Crowd } from '../crowd.ts';

/** Width of a slot. */
const SLOT_MS = 125;

export class Deadline {
  readonly #expired: () => void;
  readonly #wheel: Wheel;
  /** When it comes, in milliseconds of the monotonic clock; undefined: it does not. */
  due: number | undefined;
  /** The slot it lies in, and where; its due time may since have moved on. */
  slot = -1;
  place: Place<Deadline> | undefined;

  constructor(wheel: Wheel, expired: () => void) {
    this.#wheel = wheel;
    this.#expired = expired;
  }

  /** Comes `ms` from now; what was set before is forgotten. */
  set(ms: number): void {
    this.due = performance.now() + ms;
    this.#wheel.put(this);
  }

  clear(): void {
    this.due = undefined;
    this.#wheel.take(this);
  }

  /** @internal */
  expire(): void {
    this.due = undefined;
    this.#expired();
  }
}

export class Wheel {
  readonly #slots = new Map<number, Crowd<Deadline>>();
  #timer: NodeJS.Timeout | undefined;
  #timerSlot = Number.POSITIVE_INFINITY;

  /** Not set yet. @param expired called once for each time it comes */
  deadline(expired: () => void): Deadline {
    return new Deadline(this, expired);
  }

  /** @internal One that lies in an earlier slot than its due time stays there and is moved when that slot comes. */
  put(deadline: Deadline): void {
    const slot = slotOf(deadline.due as number);
    if (deadline.slot >= 0 && deadline.slot <= slot) return;
    this.take(deadline);
    let members = this.#slots.get(slot);
    if (members === undefined) {
      members = new Crowd();
      this.#slots.set(slot, members);
    }
    deadline.place = members.add(deadline);
    deadline.slot = slot;
    if (slot < this.#timerSlot) this.#arm(slot);
  }

  /** @internal */
  take(deadline: Deadline): void {
    const { slot, place } = deadline;
    if (place === undefined) return;
    deadline.slot = -1;
    deadline.place = undefined;
    const members = this.#slots.get(slot);
    members?.remove(place);
    if (members?.size === 0) this.#slots.delete(slot);
  }

  /** The timer keeps nothing alive: the sockets do, for whose sake there are deadlines. */
  #arm(slot: number): void {
    clearTimeout(this.#timer);
    this.#timerSlot = slot;
    const wait = Math.max(1, (slot + 1) * SLOT_MS - performance.now());
    this.#timer = setTimeout(() => this.#turn(), Math.min(wait, MAX_TIMER_MS)).unref();
  }

  #turn(): void {
    this.#timerSlot = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const over = [...this.#slots.keys()].filter((slot) => (slot + 1) * SLOT_MS <= now);
    for (const slot of over) {
      const members = this.#slots.get(slot)?.members() ?? [];
      this.#slots.delete(slot);
      for (const deadline of members) {
        deadline.slot = -1;
        deadline.place = undefined;
      }
      for (const deadline of members) this.#visit(deadline, now);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots.keys()) next = Math.min(next, slot);
    if (next < this.#timerSlot) this.#arm(next);
  }

  #visit(deadline: Deadline, now: number): void {
    if (deadline.due === undefined || deadline.slot >= 0) return;
    if (deadline.due > now) this.put(deadline);
    else deadline.expire();
  }
}

/** What setTimeout takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function slotOf(due: number): number {
  return Math.floor(due / SLOT_MS);
}

/** The one of this process. */
export const wheel = new Wheel();
