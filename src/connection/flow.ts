/**
 * One direction of a relay: bytes from one leg to the other, with back-pressure, and the end passed on when all of it is delivered.
 * A leg with a SlabReader reads through that, a TLS leg we accepted through stream events; both write short messages at once and
 * gather bulk for one event-loop turn, because one large write costs a fraction of many small ones.
 */
import type net from 'node:net';
import type { Leg } from './record.ts';
import { BULK_BYTES, GATHER_BYTES } from './slabs.ts';

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
  const onEnd = (): void => {
    if (!options.isWhole()) return;
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
  const gather = new Gatherer(target);
  source.on('data', (bytes: Buffer) => {
    moved(bytes.length);
    if (!gather.write(bytes)) source.pause();
  });
  target.on('drain', () => source.resume());
  source.resume();
}

/**
 * Puts bulk together into writes of GATHER_BYTES, corking the target until they are there, the event-loop turn is over, or a short
 * message wants to leave. Larger writes gain nothing: reads of an accepted socket are GATHER_BYTES at most.
 */
class Gatherer {
  readonly #target: net.Socket;
  #gathered = 0;

  constructor(target: net.Socket) {
    this.#target = target;
  }

  /** @returns false when the target wants no more for now */
  write(bytes: Buffer): boolean {
    const bulk = bytes.length >= BULK_BYTES && this.#gathered + bytes.length < GATHER_BYTES;
    if (bulk && this.#gathered === 0) {
      this.#target.cork();
      setImmediate(() => this.#flush());
    }
    if (bulk) this.#gathered += bytes.length;
    const more = this.#target.write(bytes);
    if (!bulk) this.#flush();
    return more;
  }

  #flush(): void {
    if (this.#gathered === 0) return;
    this.#gathered = 0;
    this.#target.uncork();
  }
}
