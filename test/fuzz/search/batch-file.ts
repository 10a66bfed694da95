/** Where a searcher writes what it is about to run, so that whoever watches it knows what it died of. */
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';

const LENGTH_BYTES = 4;

export class BatchFile {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w');
  }

  /** @param subject its number */
  write(subject: number, inputs: readonly Buffer[]): void {
    const parts: Buffer[] = [Buffer.of(subject)];
    for (const input of inputs) {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(input.length);
      parts.push(length, input);
    }
    const bytes = Buffer.concat(parts);
    ftruncateSync(this.#descriptor, 0);
    writeSync(this.#descriptor, bytes, 0, bytes.length, 0);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** @returns undefined where nothing was begun */
export function readBatch(path: string): { readonly subject: number; readonly inputs: readonly Buffer[] } | undefined {
  const bytes = readFileSync(path);
  if (bytes.length === 0) return undefined;
  const inputs: Buffer[] = [];
  for (let at = 1; at + LENGTH_BYTES <= bytes.length; ) {
    const end = at + LENGTH_BYTES + bytes.readUInt32BE(at);
    inputs.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return { subject: bytes[0] ?? 0, inputs };
}

/** When the last batch began, in milliseconds since 1970. */
export function batchBegun(path: string): number {
  return statSync(path).mtimeMs;
}
