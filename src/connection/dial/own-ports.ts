/**
 * What is ourselves: the TCP ports this process listens on (a destination on this machine with one of them), and the sockets it
 * dialled (a client that is one of them). See destination.ts.
 */
import { LoopGuard } from './loop-guard.ts';

export class OwnPorts {
  readonly loops: LoopGuard;
  readonly #listeners = new Map<number, number>();

  /** @param loops workers share the memory of one */
  constructor(loops = new LoopGuard()) {
    this.loops = loops;
  }

  add(port: number): void {
    this.#listeners.set(port, (this.#listeners.get(port) ?? 0) + 1);
  }

  /** Undoes one `add`; the port stays ours while another listener has it (on another address). */
  remove(port: number): void {
    const left = (this.#listeners.get(port) ?? 0) - 1;
    if (left > 0) this.#listeners.set(port, left);
    else this.#listeners.delete(port);
  }

  has(port: number): boolean {
    return this.#listeners.has(port);
  }
}
