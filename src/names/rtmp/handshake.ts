/**
 * The RTMP handshake, from both ends (Adobe RTMP 1.0 section 5.2). A client names where it goes only after the server's half, so
 * the server's half is given by us. Who signs C1 gets a signed answer, since players insist on it (digest.ts). All others get the
 * simple one, with version zero in S1, which tells a client not to look for digests, and with S2 as the exact echo of C1, because
 * some clients insist on that. The same sizes pass on both sides, so RTMP's byte acknowledgements stay right.
 */
import type { Answer, Exchange } from '../recognition.ts';
import type { Signature } from './digest.ts';
import { findSignature, PLAYER, SERVER, signAnswer, signOpening } from './digest.ts';

/** Length of C1, C2, S1 and S2. */
const RANDOM_BYTES = 1536;
/** C0 and C1. */
export const CLIENT_OPENING_BYTES = 1 + RANDOM_BYTES;
/** C0, C1 and C2: where the chunks begin. */
export const CLIENT_HANDSHAKE_BYTES = 1 + 2 * RANDOM_BYTES;
/** S0, S1 and S2. */
const SERVER_HANDSHAKE_BYTES = 1 + 2 * RANDOM_BYTES;

const RTMP_VERSION = 3;
/** In S1 behind the time: anything but zero says "signed"; these are a Flash Media Server's, 4.5.0.1. */
const SIGNING_VERSION = [4, 5, 0, 1] as const;
const VERSION_AT = 4;
/** Time and version: what follows may be anything that is not all the same (5.2.3 asks for nothing cryptographic). */
const HEADER_BYTES = 8;

/** @param opening C0 and C1, at least `CLIENT_OPENING_BYTES` long; copied. The same opening always gets the same answer. */
export function answerHandshake(opening: Uint8Array): Answer {
  // Not `slice`: a Buffer's shares its memory.
  const clientOpening = Uint8Array.from(opening.subarray(0, CLIENT_OPENING_BYTES));
  const c1 = clientOpening.subarray(1);
  const signature = findSignature(c1, PLAYER);
  const [s1, s2] = signature === undefined ? [filler(), c1] : signedHalf(signature);
  const bytes = new Uint8Array(SERVER_HANDSHAKE_BYTES);
  bytes[0] = RTMP_VERSION;
  bytes.set(s1, 1);
  bytes.set(s2, 1 + RANDOM_BYTES);
  return { bytes, exchange: handshakeWithUpstream(clientOpening, signature !== undefined) };
}

function signedHalf({ digest, layout }: Signature): readonly [s1: Uint8Array, s2: Uint8Array] {
  const [s1, s2] = [filler(), filler(0)];
  s1.set(SIGNING_VERSION, VERSION_AT);
  signOpening(s1, layout, SERVER);
  signAnswer(s2, digest, SERVER);
  return [s1, s2];
}

/** The client's half towards the real server: its own C0 and C1 again, then C2 as its answer to the S1 that came back. */
function handshakeWithUpstream(opening: Uint8Array, signed: boolean): Exchange {
  return {
    opening,
    replyBytes: SERVER_HANDSHAKE_BYTES,
    next: (reply) => (reply[0] === RTMP_VERSION ? secondOf(reply.subarray(1, 1 + RANDOM_BYTES), signed) : undefined),
    skip: CLIENT_HANDSHAKE_BYTES,
  };
}

/** C2: signed where both openings are, else the echo of S1. */
function secondOf(s1: Uint8Array, signed: boolean): Uint8Array {
  const signature = signed ? findSignature(s1, SERVER) : undefined;
  if (signature === undefined) return Uint8Array.from(s1);
  const c2 = filler(0);
  signAnswer(c2, signature.digest, PLAYER);
  return c2;
}

/** Bytes that differ behind `zeros` zeros: time and version of an opening, none of a signed answer (librtmp takes them as a refusal). */
function filler(zeros = HEADER_BYTES): Uint8Array {
  return Uint8Array.from({ length: RANDOM_BYTES }, (_, index) => (index < zeros ? 0 : (index * 167 + 180) & 0xff));
}
