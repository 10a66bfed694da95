/** Counts, hashes and remembers the beginning of a stream of bytes that passes by. */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';

/** How much of the beginning is kept for the hex dump and for looking for readable text. */
const KEPT_BYTES = 8192;

export class Meter {
  bytes = 0;
  readonly #hash: Hash | undefined;
  readonly #kept: Buffer[] = [];

  /** @param hashed false where nobody asks for the hash: it costs as much as the rest of the demo. */
  constructor(hashed: boolean) {
    this.#hash = hashed ? createHash('sha256') : undefined;
  }

  take(chunk: Uint8Array): void {
    const room = KEPT_BYTES - this.bytes;
    if (room > 0) this.#kept.push(Buffer.from(chunk.subarray(0, room)));
    this.bytes += chunk.length;
    this.#hash?.update(chunk);
  }

  /** The first bytes, at most 8 KiB. */
  get beginning(): Buffer {
    return Buffer.concat(this.#kept);
  }

  /** SHA-256 in hexadecimal; ends the metering, so it may be asked once. */
  digest(): string {
    return this.#hash?.digest('hex') ?? '';
  }
}
