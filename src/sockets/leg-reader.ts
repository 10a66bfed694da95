/** Reading of one leg before the relay: takes what has arrived, keeps what nobody has read yet, and gives that back in the end. */
import { InputBuffer } from './input-buffer.ts';
import type { Leg } from './leg.ts';

export class LegReader {
  readonly leg: Leg | undefined;
  readonly input = new InputBuffer();
  /** Bytes taken from the leg in all. */
  received = 0;

  /** @param leg undefined: there is none, and nothing ever arrives */
  constructor(leg: Leg | undefined) {
    this.leg = leg;
  }

  /** The peer has ended its direction (or the leg is gone) and everything it sent has been taken. */
  get ended(): boolean {
    return this.leg?.ended === true;
  }

  /** Bytes that have arrived at the leg and were not taken yet. */
  get untaken(): number {
    return this.leg?.arrived ?? 0;
  }

  /** Moves at most `limit` bytes from the leg to `input`. @returns whether there were any */
  take(limit: number): boolean {
    const chunk = limit === 0 ? undefined : this.leg?.take(limit);
    if (chunk === undefined) return false;
    this.received += chunk.length;
    this.input.append(chunk);
    return true;
  }

  /** Calls `done` when there is something to take or the leg has ended. @returns what stops listening */
  listen(done: () => void): () => void {
    return this.leg?.listen(done) ?? (() => undefined);
  }

  /** Everything that was taken and not read is in the leg again. */
  giveBack(): void {
    if (this.input.length > 0) this.leg?.giveBack(this.input.take(this.input.length));
  }
}
