/**
 * One direction of a relay: bytes from one leg to the other, with back-pressure, and the end passed on when all of it is delivered.
 * It is read through a SlabReader, which writes short messages at once and gathers bulk for one event-loop turn; only where that
 * cannot be, through stream events.
 */
import type { Leg } from './record.ts';
import { SlabReader } from './slab-reader.ts';

export interface FlowOptions {
  readonly from: Leg;
  readonly to: Leg;
  /** Called for every write with its size in bytes. */
  readonly moved: (bytes: number) => void;
  /** Called once, when `from` has ended and all it sent, its end included, was handed to the kernel of `to`. */
  readonly delivered: () => void;
  /** Asked at the end of `from`: false where it is not the end it seems, which then is not passed on. */
  readonly isWhole: () => boolean;
}

/** Starts one direction. Errors of the sockets are their owner's business. */
export function startFlow(options: FlowOptions): void {
  const { from, to } = options;
  to.socket.once('finish', options.delivered);
  if (from.early !== undefined) {
    options.moved(from.early.length);
    to.socket.write(from.early);
  }
  const reader = new SlabReader(from.socket, {
    write: (bytes, written) => {
      options.moved(bytes.length);
      to.socket.write(bytes, written);
    },
    get waiting() {
      return to.socket.writableLength;
    },
  });
  const onEnd = (): void => {
    if (!options.isWhole()) return;
    reader.flush();
    to.socket.end();
  };
  // A peer that said its last before the relay started (close_notify together with Finished) has announced its end already.
  if (from.socket.readableEnded) onEnd();
  else from.socket.once('end', onEnd);
  if (!reader.start()) flowFromStream(options);
}

function flowFromStream({ from, to, moved }: FlowOptions): void {
  const source = from.socket;
  const target = to.socket;
  source.on('data', (bytes: Buffer) => {
    moved(bytes.length);
    if (!target.write(bytes)) source.pause();
  });
  target.on('drain', () => source.resume());
  source.resume();
}
