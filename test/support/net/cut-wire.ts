/** What lies below a TLS peer of the runtime's: it holds what that sends, and gives it to the wire in the pieces it is told to. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export class CutWire extends Duplex {
  readonly #far: Socket;
  #held: Buffer | undefined;

  /** @param far connected; its other end reads the pieces */
  constructor(far: Socket) {
    super();
    this.#far = far.setNoDelay(true);
    far.on('data', (bytes: Buffer) => this.push(bytes));
    far.on('end', () => this.push(null));
  }

  /** From now on. */
  hold(): void {
    this.#held ??= Buffer.alloc(0);
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#held?.length ?? 0;
  }

  /** Gives on all of it, or its first bytes, in one piece. @returns when the kernel has them */
  release(bytes = this.held): Promise<void> {
    const piece = this.#held?.subarray(0, bytes) ?? Buffer.alloc(0);
    this.#held = this.#held?.subarray(bytes);
    return new Promise((sent) => this.#far.write(piece, () => sent()));
  }

  override _read(): void {
    // what comes is pushed
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#held === undefined) this.#far.write(bytes);
    else this.#held = Buffer.concat([this.#held, bytes]);
    done();
  }
}
