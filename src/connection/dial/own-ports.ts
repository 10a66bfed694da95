/**
 * What shows that a connection leads back to this process: the TCP ports it listens on, the sockets it dialled, and connections that
 * are never answered. destination.ts asks them.
 */
import { DialledSockets } from './dialled-sockets.ts';
import { UnansweredConnections } from './unanswered-connections.ts';

export class OwnPorts {
  readonly dialled: DialledSockets;
  readonly unanswered = new UnansweredConnections();
  readonly #listeners = new Map<number, number>();

  /** @param dialled workers share the memory of one */
  constructor(dialled = new DialledSockets()) {
    this.dialled = dialled;
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
