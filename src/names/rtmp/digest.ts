/**
 * The signed RTMP handshake. Since Flash 9.0.115 C1 may carry an HMAC, which the server answers with one in S1 and one in S2, and the
 * client ends with one in C2. The scheme was never published; every server knows it, and so are the layouts and keys those of
 * nginx-rtmp's, SRS's and librtmp's handshakes. It proves nothing: both keys are known to everybody.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The first part signs an opening (C1, S1), the whole key makes the answer to one (S2, C2). */
interface Signer {
  readonly name: Buffer;
  readonly key: Buffer;
}

const SECRET = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');
const signer = (name: string): Signer => ({ name: Buffer.from(name), key: Buffer.concat([Buffer.from(name), SECRET]) });

export const PLAYER: Signer = signer('Genuine Adobe Flash Player 001');
export const SERVER: Signer = signer('Genuine Adobe Flash Media Server 001');

/** Where the four bytes stand whose sum places the digest, and where that place counts from. */
interface Layout {
  readonly sum: number;
  readonly base: number;
}

const LAYOUTS: readonly Layout[] = [
  { sum: 8, base: 12 },
  { sum: 772, base: 776 },
];
const DIGEST_PLACES = 728;
const DIGEST_BYTES = 32;

export interface Signature {
  readonly digest: Uint8Array;
  readonly layout: Layout;
}

/** @param opening C1 or S1, 1536 bytes; @returns its signature, undefined where it has none of this signer in either layout */
export function findSignature(opening: Uint8Array, by: Signer): Signature | undefined {
  for (const layout of LAYOUTS) {
    const start = digestStart(opening, layout);
    const digest = digestOf(opening, start, by);
    if (timingSafeEqual(digest, opening.subarray(start, start + DIGEST_BYTES))) return { digest, layout };
  }
  return undefined;
}

/** Signs C1 or S1 in place. */
export function signOpening(opening: Uint8Array, layout: Layout, by: Signer): void {
  const start = digestStart(opening, layout);
  opening.set(digestOf(opening, start, by), start);
}

/**
 * Makes S2 or C2 the answer to a signed opening: its last 32 bytes, in place.
 * @param to the digest of the opening
 */
export function signAnswer(answer: Uint8Array, to: Uint8Array, by: Signer): void {
  const start = answer.length - DIGEST_BYTES;
  const key = createHmac('sha256', by.key).update(to).digest();
  answer.set(createHmac('sha256', key).update(answer.subarray(0, start)).digest(), start);
}

function digestStart(opening: Uint8Array, { sum, base }: Layout): number {
  let place = 0;
  for (const byte of opening.subarray(sum, sum + 4)) place += byte;
  return (place % DIGEST_PLACES) + base;
}

/** Over everything but the digest itself. */
function digestOf(opening: Uint8Array, start: number, by: Signer): Buffer {
  const hmac = createHmac('sha256', by.name).update(opening.subarray(0, start));
  return hmac.update(opening.subarray(start + DIGEST_BYTES)).digest();
}
