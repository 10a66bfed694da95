/**
 * Tells the clients that want a signed answer. Since Flash 9.0.115 C1 may carry an HMAC that the server answers with one of its own;
 * the scheme was never published, every server knows it (the two layouts are those of nginx-rtmp's and SRS's handshakes).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { RANDOM_BYTES } from './handshake.ts';

const PLAYER_KEY = 'Genuine Adobe Flash Player 001';
const DIGEST_BYTES = 32;
/** Where the four bytes stand whose sum places the digest, and where that place counts from. */
const LAYOUTS = [
  { sum: 8, base: 12 },
  { sum: 772, base: 776 },
] as const;
const DIGEST_PLACES = 728;

/** @param c1 exactly 1536 bytes; @returns whether it is signed in one of the two layouts */
export function isSigned(c1: Uint8Array): boolean {
  for (const { sum, base } of LAYOUTS) {
    let place = 0;
    for (let index = sum; index < sum + 4; index++) place += c1[index] ?? 0;
    const start = (place % DIGEST_PLACES) + base;
    const expected = createHmac('sha256', PLAYER_KEY)
      .update(c1.subarray(0, start))
      .update(c1.subarray(start + DIGEST_BYTES, RANDOM_BYTES))
      .digest();
    if (timingSafeEqual(expected, c1.subarray(start, start + DIGEST_BYTES))) return true;
  }
  return false;
}
