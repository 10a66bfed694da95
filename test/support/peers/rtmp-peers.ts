/**
 * Both ends of a signed RTMP handshake, written independently of src/: a player that refuses a server whose answer is not signed, as
 * Flash does, and what a server checks of a client. Layouts and keys are those every server and player has.
 */
import { createHmac } from 'node:crypto';
import { Random } from '../fuzz.ts';

const SECRET = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');
const NAMES = { player: 'Genuine Adobe Flash Player 001', server: 'Genuine Adobe Flash Media Server 001' } as const;

export type RtmpSigner = keyof typeof NAMES;
/** Where the digest's place is told: at byte 8 or at byte 772. */
export type DigestLayout = 8 | 772;

const hmac = (key: string | Buffer, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest();

function placeOf(opening: Buffer, layout: DigestLayout): number {
  const sum = [0, 1, 2, 3].reduce((total, index) => total + opening.readUInt8(layout + index), 0);
  return layout + 4 + (sum % 728);
}

/** The digest a signed C1 or S1 must have. */
function expectedDigest(opening: Buffer, layout: DigestLayout, by: RtmpSigner): { readonly at: number; readonly digest: Buffer } {
  const at = placeOf(opening, layout);
  return { at, digest: hmac(NAMES[by], opening.subarray(0, at), opening.subarray(at + 32)) };
}

/** A signed C1 or S1. @param version the four bytes behind the time */
export function signedOpening(by: RtmpSigner, layout: DigestLayout, version: readonly number[], seed = 3): Buffer {
  const opening = new Random(seed).bytes(1536);
  opening.fill(0, 0, 4);
  opening.set(version, 4);
  const { at, digest } = expectedDigest(opening, layout, by);
  digest.copy(opening, at);
  return opening;
}

/** The digest in C1 or S1, undefined where it is not signed by this signer in this layout. */
export function digestIn(opening: Buffer, layout: DigestLayout, by: RtmpSigner): Buffer | undefined {
  const { at, digest } = expectedDigest(opening, layout, by);
  return digest.equals(opening.subarray(at, at + 32)) ? digest : undefined;
}

/** Whether S2 or C2 answers the opening with this digest. */
export function answers(answer: Buffer, digest: Buffer, by: RtmpSigner): boolean {
  const key = hmac(Buffer.concat([Buffer.from(NAMES[by]), SECRET]), digest);
  return hmac(key, answer.subarray(0, 1504)).equals(answer.subarray(1504));
}
