/**
 * The bytes of one leg that were received and not yet read by the conversation. Grows only as bytes arrive (a claimed length
 * allocates nothing) and doubles, so that a peer sending single bytes does not make us copy everything every time.
 */
export class InputBuffer {
  #bytes = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** Everything unread. Valid until the next call of any other member. */
  get unread(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  append(chunk: Buffer): void {
    this.#reserve(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** Takes `length` bytes from the front; they are a copy of their own. */
  take(length: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(this.#start, this.#start + length));
    this.#start += taken.length;
    return taken;
  }

  /** Puts bytes back in front of everything unread. */
  giveBack(bytes: Buffer): void {
    const rest = Buffer.concat([bytes, this.unread]);
    this.#bytes = rest;
    this.#start = 0;
    this.#end = rest.length;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const length = this.length;
    const grown = length + more <= this.#bytes.length ? this.#bytes : Buffer.alloc(Math.max(512, 2 * (length + more)));
    this.#bytes.copy(grown, 0, this.#start, this.#end);
    this.#bytes = grown;
    this.#start = 0;
    this.#end = length;
  }
}
