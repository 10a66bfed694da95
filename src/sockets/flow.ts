/**
 * One direction of a relay: bytes from one leg to the other, with back-pressure, and the end passed on when all of it is delivered.
 * It is read through a SlabReader, which writes short messages at once and gathers bulk for one event-loop turn; only where that
 * cannot be, through stream events.
 */
import type { Socket } from 'node:net';
import { SlabReader } from './slab-reader.ts';

export interface FlowOptions {
  readonly from: Socket;
  readonly kind: 'plain' | 'tls';
  readonly to: Socket;
  /** Read before the flow started: goes ahead of everything else. */
  readonly early?: Buffer | undefined;
  /** Called for every write with its size in bytes. */
  readonly moved: (bytes: number) => void;
  /** Called once, when `from` has ended and all it sent, its end included, was handed to the kernel of `to`. */
  readonly delivered: () => void;
  /** Asked when `from` has ended. false: the stream was cut off, and its end is not passed on. */
  readonly isWhole: () => boolean;
}

/** Starts one direction. Errors of the sockets are their owner's business. */
export function startFlow(options: FlowOptions): void {
  const { from, kind, to, early } = options;
  to.once('finish', options.delivered);
  if (early !== undefined) {
    options.moved(early.length);
    to.write(early);
  }
  const reader = new SlabReader(from, kind, {
    write: (bytes, written) => {
      options.moved(bytes.length);
      to.write(bytes, written);
    },
    get waiting() {
      return to.writableLength;
    },
  });
  const onEnd = (): void => {
    if (!options.isWhole()) return;
    reader.flush();
    to.end();
  };
  // A peer that said its last before the relay started (close_notify together with Finished) has announced its end already.
  if (from.readableEnded) onEnd();
  else from.once('end', onEnd);
  if (!reader.start()) flowFromStream(options);
}

function flowFromStream({ from, to, moved }: FlowOptions): void {
  from.on('data', (bytes: Buffer) => {
    moved(bytes.length);
    if (!to.write(bytes)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.resume();
}
