/**
 * Reading of one leg for the driver: takes what the stream has, keeps what the conversation has not read, and knows whether the leg
 * has ended. Reads through `readable` and `read`, never `data`, so that a stream that nobody waits for stays paused and its bytes
 * stay where they are.
 */
import type { Duplex } from 'node:stream';
import { InputBuffer } from './input-buffer.ts';

export class LegReader {
  readonly stream: Duplex | undefined;
  readonly input = new InputBuffer();
  /** Bytes taken from the stream in all. */
  received = 0;
  #ended = false;

  constructor(stream: Duplex | undefined) {
    this.stream = stream;
  }

  /** The peer has ended its direction (or the socket is gone) and everything it sent has been taken. */
  get ended(): boolean {
    return this.#ended || this.stream?.readableEnded === true || this.stream?.destroyed === true;
  }

  /** Bytes that have arrived but were not even taken yet. */
  get untaken(): number {
    return this.stream?.readableLength ?? 0;
  }

  /** Moves at most `limit` bytes from the stream to `input`. @returns whether there were any */
  take(limit: number): boolean {
    const length = Math.min(this.untaken, limit);
    if (length === 0) return false;
    const chunk: unknown = this.stream?.read(length);
    if (!Buffer.isBuffer(chunk)) return false;
    this.received += chunk.length;
    this.input.append(chunk);
    return true;
  }

  /** Calls `done` when there is something to take or the leg has ended. @returns what stops listening */
  listen(done: () => void): () => void {
    const { stream } = this;
    if (stream === undefined) return () => undefined;
    const onReadable = (): void => {
      // An end is announced the same way, with nothing to read.
      if (stream.readableLength === 0) this.#ended = true;
      done();
    };
    const onEnd = (): void => {
      this.#ended = true;
      done();
    };
    stream.on('readable', onReadable).on('end', onEnd).on('close', onEnd);
    return () => stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
  }

  /** Everything taken and not read, which then is the caller's. */
  takeUnread(): Buffer | undefined {
    return this.input.length > 0 ? this.input.take(this.input.length) : undefined;
  }
}
