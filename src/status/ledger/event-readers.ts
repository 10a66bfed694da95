/** Those who follow the events, each with what it has not had yet: bounded, so that a reader that is too slow costs nothing but its own loss. */

import { setTimeout as delay } from 'node:timers/promises';

export interface ToldEvent {
  readonly event: string;
  readonly data: string;
}

export interface NextEvents {
  readonly events: readonly ToldEvent[];
  /** How many were left out because the reader was too slow. */
  readonly lost: number;
}

/** More readers than these at once, and the eldest has to begin anew: who asks for them may be hostile. */
const MAX_READERS = 256;
/** Events that may wait for one reader. */
const MAX_WAITING = 1024;
/** What happens within so long is told together: on a busy machine that costs a tenth of telling each, and no eye sees the difference. */
const GATHER_MS = 100;
/** A question for events is answered with none after this, so that its asker can see whether anybody still reads. */
const WAIT_MS = 10_000;
/** Whoever has not asked for so long has gone without a word. */
const FORGET_MS = 60_000;

interface Reader {
  waiting: ToldEvent[];
  lost: number;
  askedAt: number;
  wake: () => void;
}

export class EventReaders {
  readonly #readers = new Map<string, Reader>();
  readonly #follow: (tell: (event: ToldEvent) => void) => () => void;
  readonly #now: () => number;
  #unfollow: (() => void) | undefined;

  /**
   * @param follow called with the first reader; what it returns undoes it, and is called with the last
   * @param now in milliseconds; tests move it
   */
  constructor(follow: (tell: (event: ToldEvent) => void) => () => void, now: () => number = () => performance.now()) {
    this.#follow = follow;
    this.#now = now;
  }

  /** Resolves with what has happened since the last time, soon if anything has. A reader begins with its first question. */
  async next(name: string): Promise<NextEvents> {
    const reader = this.#readerOf(name);
    reader.askedAt = this.#now();
    if (reader.waiting.length === 0 && reader.lost === 0) await wokenWithin(reader);
    if (reader.waiting.length > 0) await delay(GATHER_MS, undefined, { ref: false });
    const { waiting: events, lost } = reader;
    reader.waiting = [];
    reader.lost = 0;
    reader.askedAt = this.#now();
    return { events, lost };
  }

  leave(name: string): undefined {
    this.#readers.get(name)?.wake();
    this.#readers.delete(name);
    if (this.#readers.size > 0) return;
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #readerOf(name: string): Reader {
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    this.#forgetSilent();
    const [eldest] = this.#readers.keys();
    if (eldest !== undefined && this.#readers.size >= MAX_READERS) this.leave(eldest);
    const reader: Reader = { waiting: [], lost: 0, askedAt: this.#now(), wake: () => undefined };
    this.#readers.set(name, reader);
    this.#unfollow ??= this.#follow((event) => this.#tell(event));
    return reader;
  }

  #forgetSilent(): void {
    const since = this.#now() - FORGET_MS;
    for (const [name, { askedAt }] of this.#readers) if (askedAt < since) this.leave(name);
  }

  #tell(event: ToldEvent): void {
    this.#forgetSilent();
    for (const reader of this.#readers.values()) {
      if (reader.waiting.length >= MAX_WAITING) reader.lost += 1;
      else reader.waiting.push(event);
      reader.wake();
    }
  }
}

function wokenWithin(reader: Reader): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, WAIT_MS).unref();
    reader.wake = () => {
      clearTimeout(timer);
      reader.wake = () => undefined;
      resolve();
    };
  });
}
