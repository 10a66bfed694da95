/**
 * What happens in one turn of the event loop goes out together, so a thread or process that is killed loses at most that turn. What is only
 * counted may wait a little for more of its kind: with many short connections each message would carry half an event of one of them.
 */

/** More than this goes out at once. */
const MAX_BATCH = 512;
/** How long what may wait does. */
const WAIT_MS = 10;

export class Batch<Item> {
  readonly #send: (items: readonly Item[]) => void;
  #items: Item[] = [];
  #atTurnsEnd: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send;
  }

  /** Goes out with this turn, and what waits with it. */
  add(item: Item): void {
    this.#atTurnsEnd ??= setImmediate(() => this.flush());
    this.#keep(item);
  }

  /** Goes out in 10 ms, or with what goes before. */
  addWaiting(item: Item): void {
    this.#later ??= setTimeout(() => this.flush(), WAIT_MS);
    this.#keep(item);
  }

  #keep(item: Item): void {
    this.#items.push(item);
    if (this.#items.length >= MAX_BATCH) this.flush();
  }

  /** Sends what is waiting now. */
  flush(): void {
    clearImmediate(this.#atTurnsEnd);
    clearTimeout(this.#later);
    this.#atTurnsEnd = undefined;
    this.#later = undefined;
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#send(items);
  }
}
