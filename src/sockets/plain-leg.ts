/** A leg in clear: what is written is what goes out. */
import { OvercoatError } from '../errors.ts';
import { systemError } from '../text/system-error.ts';
import { BROKEN, DescriptorLeg, DRAINED, WHOLE } from './descriptor-leg.ts';
import type { Leg } from './leg.ts';
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
    return this.readFailed(n);
  }

  /** @param result minus errno */
  protected readFailed(result: number): number {
    this.fail(systemError('read', result));
    return BROKEN;
  }

  protected put(bytes: Uint8Array): boolean {
    return this.send(bytes, memoryOf(bytes));
  }

  protected sayLast(): boolean {
    return true; // FIN is all
  }

  protected release(): void {
    // the socket is all
  }

  /** Gives the socket up for another kind of leg, TLS: the connection goes on, this leg is gone. */
  handOver(): HandedOver {
    const unread = this.untaken;
    return { socket: this.socket, unread, unsent: this.abandon() };
  }
}

/** What the next leg of a socket begins with. */
export interface HandedOver {
  readonly socket: Socket;
  /** To be read before anything else. */
  readonly unread: Uint8Array | undefined;
  /** To be sent before anything else. */
  readonly unsent: Uint8Array | undefined;
}

/** A plain leg of this folder, whose socket something else is made of. */
export function plainLegOf(leg: Leg): PlainLeg {
  if (leg instanceof PlainLeg) return leg;
  throw new OvercoatError('internal', 'a leg without a socket of ours');
}
