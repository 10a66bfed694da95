/** Log lines of one turn of the event loop go out together, so a thread or process that is killed loses at most that turn. */
import type { StampedLine } from './stamped-lines.ts';

/** More than this in one turn goes out at once. */
const MAX_BATCH = 512;

export class LineBatch {
  readonly #send: (lines: readonly StampedLine[]) => void;
  #lines: StampedLine[] = [];
  #scheduled = false;

  constructor(send: (lines: readonly StampedLine[]) => void) {
    this.#send = send;
  }

  add(line: StampedLine): void {
    this.#lines.push(line);
    if (this.#lines.length >= MAX_BATCH) this.flush();
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
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#send(lines);
  }
}
