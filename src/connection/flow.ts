/**
 * One direction of a relay: bytes from one leg to the other, with back-pressure, and the end passed on when all of it is delivered.
 * A leg we dialled reads through its DialledReader, one we accepted through stream events; both write short messages at once and
 * gather bulk for one event-loop turn, because one large write costs a fraction of many small ones.
 */
import type net from 'node:net';
import type { Leg } from './record.ts';
import { BULK_BYTES } from './slabs.ts';

export interface FlowOptions {
  readonly from: Leg;
  readonly to: Leg;
  /** Called for every write with its size in bytes. */
  readonly moved: (bytes: number) => void;
  /** Called once, when `from` has ended and all it sent, its end included, was handed to the kernel of `to`. */
  readonly delivered: () => void;
}

/** Starts one direction. Errors of the sockets are their owner's business. */
export function startFlow(options: FlowOptions): void {
  const { from, to } = options;
  to.socket.once('finish', options.delivered);
  if (from.early !== undefined) {
    options.moved(from.early.length);
    to.socket.write(from.early);
  }
  const onEnd = (): void => {
    from.reader?.flush();
    to.socket.end();
  };
  // A peer that said its last before the relay started (close_notify together with Finished) has announced its end already.
  if (from.socket.readableEnded) onEnd();
  else from.socket.once('end', onEnd);
  if (from.reader === undefined) flowFromStream(options);
  else {
    from.reader.attach(from.socket, {
      write: (bytes, written) => {
        options.moved(bytes.length);
        to.socket.write(bytes, written);
      },
    });
  }
}

function flowFromStream({ from, to, moved }: FlowOptions): void {
  const source = from.socket;
  const target = to.socket;
  const gather = gatherer(target);
  source.on('data', (bytes: Buffer) => {
    moved(bytes.length);
    if (bytes.length >= BULK_BYTES) gather.start();
    else gather.stop();
    if (!target.write(bytes)) source.pause();
  });
  target.on('drain', () => source.resume());
  source.resume();
}

/** Corks the target until the end of this event-loop turn, or until a short message wants to leave. */
function gatherer(target: net.Socket): { start(): void; stop(): void } {
  let gathering = false;
  const stop = (): void => {
    if (!gathering) return;
    gathering = false;
    target.uncork();
  };
  return {
    start: () => {
      if (gathering) return;
      gathering = true;
      target.cork();
      setImmediate(stop);
    },
    stop,
  };
}
