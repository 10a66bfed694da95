/** A leg in clear: what is written is what goes out. */
import { systemError } from '../text/system-error.ts';
import { BROKEN, DescriptorLeg, DRAINED, WHOLE } from './descriptor-leg.ts';
import { memoryOf, SCRATCH_BYTES, scratchPointer } from './scratch.ts';
import type { Socket } from './socket.ts';
import { EAGAIN } from './system-calls.ts';

export class PlainLeg extends DescriptorLeg {
  readonly kind = 'plain';

  protected get more(): boolean {
    return this.socket.unread;
  }

  protected fill(): number {
    const n = this.socket.read(scratchPointer, SCRATCH_BYTES);
    if (n > 0) return n;
    if (n === 0) return WHOLE;
    if (n === -EAGAIN) return DRAINED;
    this.fail(systemError('read', n));
    return BROKEN;
  }

  write(bytes: Uint8Array): boolean {
    return this.send(bytes, memoryOf(bytes));
  }

  protected sayLast(): boolean {
    return true; // FIN is all
  }

  protected release(): void {
    // the socket is all
  }

  /**
   * Gives the socket up for another kind of leg, TLS: the connection goes on.
   * @returns it, and what was given back and is still to be read
   */
  handOver(): { readonly socket: Socket; readonly unread: Uint8Array | undefined } {
    this.pause();
    this.socket.own(undefined);
    return { socket: this.socket, unread: this.takeGiven() };
  }
}
