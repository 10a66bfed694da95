/**
 * What a client of the soak and its backend say to each other: perhaps a short dialogue of mail, an opening that says which way bytes go,
 * then bytes that both ends hash.
 */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pattern } from '../../test/support/net/tcp.ts';

/** `echo`: what is sent comes back. `up`: its hash comes back. `down`: as many bytes as were asked for, and their hash. */
export type Kind = 'echo' | 'up' | 'down';
/** `mail`: a greeting, EHLO and DATA come first, as STARTTLS of SMTP needs them. */
export type Dialogue = 'none' | 'mail';

export const OPENING_BYTES = 16;
export const DIGEST_BYTES = 32;
const KINDS: readonly Kind[] = ['echo', 'up', 'down'];

/** @param bytes how many are asked for; 0 unless `down` */
export function opening(kind: Kind, bytes: number): string {
  return `${kind[0]}${String(bytes).padStart(OPENING_BYTES - 2, '0')}\n`;
}

/** @throws Error when it is none: something on the way has changed or mixed up bytes */
export function readOpening(text: string): { readonly kind: Kind; readonly bytes: number } {
  const kind = KINDS.find((each) => each[0] === text[0]);
  if (kind === undefined || !/^.\d+\n$/.test(text)) throw new Error(`no opening: ${JSON.stringify(text)}`);
  return { kind, bytes: Number(text.slice(1)) };
}

/** What arrived is not what was sent: never explained by a fault. */
export class Corrupt extends Error {}

/** Sends bytes of a repeatable pattern. @returns their SHA-256 */
export async function send(
  socket: Socket,
  { bytes, seed, pace }: { readonly bytes: number; readonly seed: number; readonly pace?: Pace | undefined },
): Promise<Hash> {
  const hash = createHash('sha256');
  const since = performance.now();
  const chunkBytes = pace?.chunkBytes ?? pattern(seed).length;
  for (let sent = 0, turn = 1; sent < bytes && pace?.stopped() !== true; turn += 1) {
    const chunk = pattern(seed).subarray(0, Math.min(chunkBytes, bytes - sent));
    hash.update(chunk);
    sent += chunk.length;
    if (socket.destroyed) throw socket.errored ?? new Error('closed while writing');
    if (!socket.write(chunk)) await drained(socket);
    if (pace !== undefined) await sleep(Math.max(0, since + turn * pace.everyMs - performance.now()));
  }
  return hash;
}

/** One chunk in so many milliseconds, until told to stop. */
export interface Pace {
  readonly chunkBytes: number;
  readonly everyMs: number;
  readonly stopped: () => boolean;
}

/** Hashes everything until the end of the stream but the last `trailer` bytes, which are returned. */
export async function receive(
  socket: Socket,
  trailer: number,
): Promise<{ readonly digest: Buffer; readonly trailer: Buffer; readonly bytes: number }> {
  const hash = createHash('sha256');
  let kept = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const all = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const hashed = Math.max(0, all.length - trailer);
    hash.update(all.subarray(0, hashed));
    bytes += hashed;
    kept = Buffer.from(all.subarray(hashed));
  }
  return { digest: hash.digest(), trailer: kept, bytes };
}

/** One line without its end. What comes behind it stays in the stream. @throws what ended the stream instead */
export async function readLine(socket: Socket): Promise<string> {
  for (let line = ''; ; ) {
    const byte = socket.read(1) as Buffer | null;
    if (byte === null) {
      if (socket.destroyed || socket.readableEnded) throw socket.errored ?? new Error('closed before a line');
      await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
    } else if (byte[0] === 10) return line.trimEnd();
    else line += byte.toString('latin1');
  }
}

async function drained(socket: Socket): Promise<void> {
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
}
