/**
 * The RTMP handshake, from both ends (Adobe RTMP 1.0 section 5.2). A client names where it goes only after the server's half, so
 * the server's half is given by us: the simple one, with version zero in S1, which tells every client not to look for digests, and
 * with S2 as the exact echo of C1, because some clients insist on it. The same sizes pass on both sides, so RTMP's byte
 * acknowledgements stay right.
 */
import type { Answer, Exchange } from '../recognition.ts';

/** Length of C1, C2, S1 and S2. */
export const RANDOM_BYTES = 1536;
/** C0 and C1. */
export const CLIENT_OPENING_BYTES = 1 + RANDOM_BYTES;
/** C0, C1 and C2: where the chunks begin. */
export const CLIENT_HANDSHAKE_BYTES = 1 + 2 * RANDOM_BYTES;
/** S0, S1 and S2. */
const SERVER_HANDSHAKE_BYTES = 1 + 2 * RANDOM_BYTES;

const RTMP_VERSION = 3;

/** @param opening C0 and C1, at least `CLIENT_OPENING_BYTES` long; copied */
export function answerHandshake(opening: Uint8Array): Answer {
  // Not `slice`: a Buffer's shares its memory.
  const clientOpening = Uint8Array.from(opening.subarray(0, CLIENT_OPENING_BYTES));
  const bytes = new Uint8Array(SERVER_HANDSHAKE_BYTES);
  bytes[0] = RTMP_VERSION;
  // S1: time 0, four zero bytes, then anything that is not all the same (5.2.3 asks for nothing cryptographic).
  for (let index = 9; index <= RANDOM_BYTES; index++) bytes[index] = (index * 167 + 13) & 0xff;
  bytes.set(clientOpening.subarray(1), 1 + RANDOM_BYTES);
  return { bytes, exchange: handshakeWithUpstream(clientOpening) };
}

/** The client's half towards the real server: its own C0 and C1 again, then C2 as the echo of the S1 that came back. */
function handshakeWithUpstream(opening: Uint8Array): Exchange {
  return {
    opening,
    replyBytes: SERVER_HANDSHAKE_BYTES,
    next: (reply) => (reply[0] === RTMP_VERSION ? Uint8Array.from(reply.subarray(1, 1 + RANDOM_BYTES)) : undefined),
    skip: CLIENT_HANDSHAKE_BYTES,
  };
}
