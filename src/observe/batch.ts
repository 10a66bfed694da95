/** What happens in one turn of the event loop goes out together, so a thread or process that is killed loses at most that turn. */

/** More than this in one turn goes out at once. */
const MAX_BATCH = 512;

export class Batch<Item> {
  readonly #send: (items: readonly Item[]) => void;
  #items: Item[] = [];
  #scheduled = false;

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length >= MAX_BATCH) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  /** Sends what is waiting now. */
  flush(): void {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#send(items);
  }
}
